"""A model is found whatever says how its weights are stored, and the format said is known; look-alikes stay apart."""

import pytest

from ecoanalysis.identity.models import find_model, near_models
from ecoanalysis.identity.suffix import precision_in, unclear_format


@pytest.mark.parametrize(
    ("written", "model", "precision"),
    [  # names of repositories, files and tags as Hugging Face, llama.cpp, Ollama and vLLM write them
        ("Qwen/Qwen3-8B-AWQ", "Qwen3-8B", "int4"),
        ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", "Qwen2.5-7B", "int8-weight"),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "Llama-3.1-8B", "int4"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "Llama-3.1-8B", "int8"),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "Llama-3.3-70B", "fp8"),
        ("nvidia/Llama-3.3-70B-Instruct-FP4", "Llama-3.3-70B", "fp4"),
        ("unsloth/gemma-3-12b-it-unsloth-bnb-4bit", "Gemma-3-12B", "nf4"),
        ("Qwen/Qwen2.5-7B-Instruct-bnb-8bit", "Qwen2.5-7B", "int8"),
        ("TheBloke/Llama-2-13B-chat-GPTQ", "Llama-2-13B", "int4"),
        ("mlx-community/Llama-3.2-3B-Instruct-4bit", "Llama-3.2-3B", "int4"),
        ("mlx-community/Llama-3.2-3B-Instruct-8bit", "Llama-3.2-3B", "int8-weight"),
        ("TheBloke/Llama-2-13B-chat-GGUF/llama-2-13b-chat.Q4_K_M.gguf", "Llama-2-13B", "q4_k_m"),
        ("/home/me/models/Meta-Llama-3.1-8B-Instruct-IQ3_XXS.gguf", "Llama-3.1-8B", "iq3_xxs"),
        ("C:\\models\\Qwen3-8B-Q8_0.gguf", "Qwen3-8B", "q8_0"),
        ("Qwen3-8B-TQ1_0.gguf", "Qwen3-8B", "tq1_0"),
        (
            "/root/.cache/huggingface/hub/models--unsloth--Qwen3-8B-GGUF/snapshots/9c92/Qwen3-8B-Q4_K_M.gguf",
            "Qwen3-8B",
            "q4_k_m",
        ),
        (
            "/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B-AWQ/snapshots/9c92/model.safetensors",
            "Qwen3-8B",
            "int4",
        ),
        ("DeepSeek-R1-UD-IQ1_S-00001-of-00003.gguf", "DeepSeek-V3", "iq1_s"),
        ("gemma-3-4b-it-qat-q4_0.gguf", "Gemma-3-4B", "q4_0"),
        ("llama3.1:8b-instruct-q4_K_M", "Llama-3.1-8B", "q4_k_m"),
        ("llama3.2:3b-instruct-fp16", "Llama-3.2-3B", "fp16"),
        ("hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "Llama-3.2-1B", "q4_k_m"),
        ("/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/9c92", "Qwen3-8B", None),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B", None),
        ("google_gemma-3-12b-it-Q4_K_M.gguf", "Gemma-3-12B", "q4_k_m"),  # collections put the owner first
        ("Qwen_QwQ-32B-Preview_MLX-4bit", "Qwen2.5-32B", "int4"),
        ("timm/resnet50.a1_in1k", "resnet-50", None),
        ("qwen2_5-72b-instruct-q5_0.gguf", "Qwen2.5-72B", "q5_0"),
        ("codellama-13b-instruct.Q4_K_M.gguf", "CodeLlama-13B", "q4_k_m"),
        ("OpenGVLab/InternVL3-8B-Pretrained", "InternVL3-8B", None),
        ("mlx-community/gemma-3-27b-it-6bit", "Gemma-3-27B", None),
        ("QuantTrio/GLM-4.5-Air-GPTQ-Int4-Int8Mix", "GLM-4.5-Air", None),
        ("llama3.1:8b", "Llama-3.1-8B", None),  # a tag without a format is Ollama's default, which changes
        (
            "unsloth/Qwen3-30B-A3B-UD-Q4_K_XL.gguf",
            "Qwen3-30B-A3B",
            None,
        ),  # a mix whose bits are not published
    ],
)
def test_a_model_is_found_in_every_storage_format(written: str, model: str, precision: str | None) -> None:
    facts, found = find_model(written), precision_in(written)
    assert facts is not None
    assert facts.name == model
    assert (found.name if found else None) == precision


@pytest.mark.parametrize(
    ("written", "unclear"),
    [
        ("unsloth/Qwen3-30B-A3B-UD-Q4_K_XL.gguf", "Q4_K_XL"),
        ("mlx-community/Qwen3-8B-3bit", "3bit"),
        ("mlx-community/Qwen3-8B-6bit", "6bit"),
        ("tclf90/GLM-4.5-GPTQ-Int4-Int8Mix", "Int8Mix"),
        ("Qwen3-8B-quantized.w4a8", "w4a8"),
        ("Qwen3-8B-fp6", "fp6"),
        ("qwen3:8b-q4", "q4"),
        ("turboderp/Qwen3-8B-exl2", "exl2"),
        ("bartowski/Qwen3-8B-GGUF", "GGUF"),
        ("Qwen3-8B-AWQ", None),
        ("Qwen3-8B-bf16-mlx", None),
        ("Qwen3-8B-onnx", None),
        ("Qwen3-8B", None),
    ],
)
def test_a_name_that_leaves_the_bits_of_its_weights_open_is_known(written: str, unclear: str | None) -> None:
    assert unclear_format(written) == unclear


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Llama-3.1-8B-AWQ", "Llama-3.1-70B-AWQ"),
        ("Llama-3.1-8B", "Llama-3-8B"),
        ("llama3.2:1b-instruct-q8_0", "llama3.2:3b-instruct-q8_0"),
        ("Qwen3-30B-A3B", "Qwen3-32B"),
        ("Mistral-7B-v0.1", "Mistral-7B-v0.3"),
        ("Gemma-2-2B", "Gemma-2B"),
        ("whisper-large-v3", "whisper-large-v3-turbo"),
    ],
)
def test_models_of_like_names_stay_apart(one: str, other: str) -> None:
    found = [find_model(one), find_model(other)]
    assert None not in found
    assert found[0] != found[1]


@pytest.mark.parametrize(
    "name",
    [
        "my_Llama-3.1-8B",
        "mini_bert-base-uncased",
        "Llama-3.1-8B-Omni",
        "glm-4-9b-chat-1m",
        "whisper-chat",
        "AWQ",
        "Q4_K_M",
        ".gguf",
        "-4bit",
        "/",
        "Llama-9-8B-GPTQ",
        "my-model-q4_0.gguf",
    ],
)
def test_what_is_not_the_name_of_a_known_model_is_no_model(name: str) -> None:
    assert find_model(name) is None


def test_near_names_look_past_the_format() -> None:
    assert "Qwen3-8B" in near_models("Qwen3-9B-GPTQ-Int4")
