"""Models are found by exact name; their parameters agree with the published counts."""

import csv
import lzma
from pathlib import Path

import pytest

from ecoanalysis.identity.key import model_key
from ecoanalysis.identity.models import all_models, find_model
from ecoanalysis.identity.suffix import bare_names
from ecoanalysis.identity.table import read_rows


@pytest.mark.parametrize(
    ("name", "params_count"),
    [  # safetensors indices of the checkpoints on the Hugging Face hub
        ("meta-llama/Llama-2-7b-hf", 6_738_415_616),
        ("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248),
        ("meta-llama/Llama-3.1-405B-Instruct-FP8", 405_853_388_800),
        ("Qwen/Qwen2.5-7B-Instruct", 7_615_616_512),
        ("mistral:7b", 7_248_023_552),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 46_702_792_704),
        ("google/gemma-7b", 8_537_680_896),
        ("openai-community/gpt2", 124_439_808),
        ("bert-base-uncased", 109_482_240),
    ],
)
def test_parameters_equal_the_published_count(name: str, params_count: int) -> None:
    facts = find_model(name)
    assert facts is not None
    assert facts.params_count == params_count


@pytest.mark.parametrize(
    ("name", "total", "active"),
    [  # the names say so: 30B-A3B, 235B-A22B, 480B-A35B; Mixtral 8x7B: Jiang et al. 2024, arXiv:2401.04088
        ("Qwen/Qwen3-30B-A3B", 30.5e9, 3.3e9),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", 235e9, 22e9),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", 480e9, 35e9),
        ("Mixtral-8x7B-v0.1", 46.7e9, 12.9e9),
        ("deepseek-ai/DeepSeek-V3.1", 671e9, 37e9),
        ("deepseek-ai/DeepSeek-V3.2-Exp", 671e9, 37e9),
        ("Qwen/Qwen3.5-397B-A17B-FP8", 397e9, 17e9),
        ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B", 120e9, 12e9),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 31.6e9, 3.5e9),
        ("zai-org/GLM-4.7", 355e9, 32e9),  # model cards from here on
        ("zai-org/GLM-5-FP8", 744e9, 40e9),
        ("zai-org/GLM-4.7-Flash", 30e9, 3.9e9),
        ("moonshotai/Kimi-K2.5", 1.03e12, 32e9),
    ],
)
def test_active_parameters_of_experts_models(name: str, total: float, active: float) -> None:
    facts = find_model(name)
    assert facts is not None
    assert facts.params_count == pytest.approx(total, rel=0.02)
    assert facts.active_params_count == pytest.approx(active, rel=0.04)


@pytest.mark.parametrize(
    ("name", "params_count"),
    [  # sizes of the model cards, in 1e9; those of the Falcon 3 report, and of the MiniMax M2 card
        ("tiiuae/Falcon3-1B-Instruct", 1.67), ("tiiuae/Falcon3-7B-Instruct", 7.46), ("tiiuae/Falcon3-10B-Base", 10.3),
        ("MiniMaxAI/MiniMax-M2", 230), ("mistralai/Ministral-3-14B-Instruct-2512", 13.5),
        ("mistralai/Ministral-3-3B-Instruct-2512", 3.4), ("CohereLabs/c4ai-command-a-03-2025", 111),
        ("allenai/OLMo-2-0325-32B", 32.2), ("deepseek-ai/deepseek-coder-33b-instruct", 33.3),
        ("Qwen/Qwen3.5-9B", 8.95), ("deepseek-ai/DeepSeek-V4-Flash", 284), ("XiaomiMiMo/MiMo-V2-Flash", 309),
        ("stabilityai/stablelm-2-1_6b", 1.64), ("ByteDance-Seed/Seed-OSS-36B-Instruct", 36.2),
    ],
)  # fmt: skip
def test_sizes_counted_from_layers_are_those_of_the_cards(name: str, params_count: float) -> None:
    facts = find_model(name)
    assert facts is not None
    assert facts.params_count == pytest.approx(params_count * 1e9, rel=0.01)


def test_every_alias_has_a_source_and_finds_its_model() -> None:
    names = {facts.name for facts in all_models()}
    for row in read_rows("ecoanalysis.identity", "model_aliases"):
        facts = find_model(row["alias"])
        assert row["source"]
        assert row["name"] in names
        assert facts is not None
        assert facts.name == row["name"], row["alias"]


def test_no_name_or_alias_is_spelled_like_that_of_another_model() -> None:
    """A key that means two models: the later one would never be found."""
    meant: dict[str, str] = {}
    named = [(facts.name, facts.name) for facts in all_models()]
    named += [(row["alias"], row["name"]) for row in read_rows("ecoanalysis.identity", "model_aliases")]
    for written, name in named:
        key = model_key(next(bare_names(written)))
        assert meant.setdefault(key, name) == name, written


def test_a_gguf_path_is_its_model() -> None:
    path = "Qwen/Qwen2.5-Coder-3B-Instruct-GGUF/qwen2.5-coder-3b-instruct-q4_k_m.gguf"
    assert find_model(path) == find_model("Qwen2.5-3B")


@pytest.mark.parametrize("name", ["Llama-9-8B", "Llama", "my-model", "", "gpt-5", None])
def test_an_unknown_model_is_not_guessed(name: str | None) -> None:
    assert find_model(name) is None


def test_dots_in_versions_count() -> None:
    assert find_model("Llama-3.1-8B") != find_model("Llama-3-8B")
    assert find_model("Llama-31-8B") is None


def test_facts_are_consistent() -> None:
    for facts in all_models():
        assert facts.source, facts.name
        if facts.params_count and facts.active_params_count:
            assert facts.active_params_count <= facts.params_count, facts.name
        if facts.heads_count and facts.kv_heads_count and not facts.kv_latent_dim:
            assert facts.heads_count % facts.kv_heads_count == 0, facts.name
        if facts.kind == "moe":
            assert facts.experts_count, facts.name
            assert facts.experts_per_token, facts.name


_NO_MODEL = {"baseline", "fxmarty/pix2struct-tiny-random", "ncf"}  # idle rows, a test stub, no size stated


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("mlenergy_v3/llm_mllm_configs.csv", "model_id"),
        ("mlenergy_v3/diffusion_configs.csv", "model_id"),
        ("mlenergy_v2/model_metadata.csv", "model"),
        ("alejandroldz_gguf_quant_energy/runs.csv", "model"),
        ("ecocompute_quantenergy/ecocompute_results.csv", "model"),
        ("argonne_llm_inference_bench_power/power_results.csv", "Model"),
        ("luccioni_co2_inference/emissions_runs.csv.xz", "project_name"),
        ("greenlab_llm_runtables/cain2025_ondevice_vs_remote_run_table.csv", "model"),
        ("mlperf_power_v2_results/power_results.csv.xz", "model"),
        ("dosgroup_gpu_power_training/configs.csv.xz", "model_name"),
    ],
)
def test_every_model_of_the_published_data_is_known(shared_data: Path, path: str, column: str) -> None:
    raw = (shared_data / path).read_bytes()
    text = (lzma.decompress(raw) if path.endswith("xz") else raw).decode()
    names = {row[column] for row in csv.DictReader(text.splitlines())}
    assert {name for name in names if not find_model(name)} <= _NO_MODEL
