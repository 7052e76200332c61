"""A config.json read as the tables have its model: values of the published files."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.models import find_model
from ecoanalysis.models.model_config import model_facts

# From the config.json that each model is published with; what is not read here is left out.
PUBLISHED: dict[str, dict[str, Any]] = {
    "Llama-3.1-8B": {"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
                     "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
                     "tie_word_embeddings": False},
    "Qwen2.5-7B": {"model_type": "qwen2", "num_hidden_layers": 28, "hidden_size": 3584, "num_attention_heads": 28,
                   "num_key_value_heads": 4, "intermediate_size": 18944, "vocab_size": 152064,
                   "sliding_window": 131072, "use_sliding_window": False, "tie_word_embeddings": False},
    "Gemma-2-9B": {"model_type": "gemma2", "num_hidden_layers": 42, "hidden_size": 3584, "num_attention_heads": 16,
                   "num_key_value_heads": 8, "head_dim": 256, "intermediate_size": 14336, "vocab_size": 256000,
                   "sliding_window": 4096},
    "Mixtral-8x7B": {"model_type": "mixtral", "num_hidden_layers": 32, "hidden_size": 4096,
                     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
                     "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32000, "sliding_window": None,
                     "tie_word_embeddings": False},
    "Qwen3-30B-A3B": {"model_type": "qwen3_moe", "num_hidden_layers": 48, "hidden_size": 2048,
                      "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
                      "intermediate_size": 6144, "moe_intermediate_size": 768, "num_experts": 128,
                      "num_experts_per_tok": 8, "decoder_sparse_step": 1, "vocab_size": 151936,
                      "use_sliding_window": False, "sliding_window": None, "tie_word_embeddings": False},
    "DeepSeek-V3": {"model_type": "deepseek_v3", "num_hidden_layers": 61, "hidden_size": 7168,
                    "num_attention_heads": 128, "num_key_value_heads": 128, "intermediate_size": 18432,
                    "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1,
                    "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "kv_lora_rank": 512,
                    "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
                    "vocab_size": 129280, "tie_word_embeddings": False},
    "gpt2": {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024,
             "vocab_size": 50257},
    "Falcon-7B": {"model_type": "falcon", "num_hidden_layers": 32, "hidden_size": 4544, "num_attention_heads": 71,
                  "multi_query": True, "new_decoder_architecture": False, "vocab_size": 65024},
    "BLOOM-7b1": {"model_type": "bloom", "n_layer": 30, "hidden_size": 4096, "n_head": 32, "vocab_size": 250880},
}  # fmt: skip


_NANO = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
_H56 = "M-M-M-M*" + "-M-M-M-M-M*" * 9 + "-M-M-M-M-M-"
# Of every architecture that is not one attention and one network in each layer, as far as its size is published.
UNUSUAL: dict[str, tuple[float, float, dict[str, Any]]] = {
    # model card: 31.6 B, 3.5 B active
    "Nemotron-3-Nano": (31.6e9, 3.5e9, {"model_type": "nemotron_h", "num_hidden_layers": 52, "hidden_size": 2688,
        "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128, "hybrid_override_pattern": _NANO,
        "mamba_num_heads": 64, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4,
        "intermediate_size": 1856, "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
        "n_routed_experts": 128, "n_shared_experts": 1, "num_experts_per_tok": 6, "vocab_size": 131072,
        "tie_word_embeddings": False}),
    # the card: 109 B, 17 B active
    "Llama-4-Scout": (109e9, 17e9, {"model_type": "llama4", "text_config": {"model_type": "llama4_text",
        "num_hidden_layers": 48, "hidden_size": 5120, "num_attention_heads": 40, "num_key_value_heads": 8,
        "head_dim": 128, "interleave_moe_layer_step": 1, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
        "num_local_experts": 16, "num_experts_per_tok": 1, "vocab_size": 202048}}),
    # the card: 400 B, 17 B active; every other layer is dense
    "Llama-4-Maverick": (400e9, 17e9, {"model_type": "llama4", "text_config": {"model_type": "llama4_text",
        "num_hidden_layers": 48, "hidden_size": 5120, "num_attention_heads": 40, "num_key_value_heads": 8,
        "head_dim": 128, "interleave_moe_layer_step": 2, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
        "num_local_experts": 128, "num_experts_per_tok": 1, "vocab_size": 202048}}),
    # safetensors: 4.44 B with the encoder of images
    "Qwen3-VL-4B": (4.44e9, 4.44e9, {"model_type": "qwen3_vl", "tie_word_embeddings": True,
        "text_config": {"model_type": "qwen3_vl_text", "num_hidden_layers": 36, "hidden_size": 2560,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 9728,
        "vocab_size": 151936},
        "vision_config": {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "spatial_merge_size": 2,
        "out_hidden_size": 2560, "deepstack_visual_indexes": [5, 11, 17]}}),
    # the name: 80 B; its card: 79.7 B, 3.9 B active with embeddings counted once each
    "Qwen3-Next-80B": (79.7e9, 3.9e9, {"model_type": "qwen3_next", "num_hidden_layers": 48, "hidden_size": 2048,
        "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "attn_output_gate": True,
        "full_attention_interval": 4, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
        "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
        "intermediate_size": 5120, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
        "num_experts": 512, "num_experts_per_tok": 10, "vocab_size": 151936, "tie_word_embeddings": False}),
    # safetensors: 1.17 B
    "LFM2-1.2B": (1.17e9, 1.17e9, {"model_type": "lfm2", "num_hidden_layers": 16, "hidden_size": 2048,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 12288, "conv_L_cache": 3,
        "block_auto_adjust_ff_dim": True, "block_multiple_of": 256, "full_attn_idxs": [2, 5, 8, 10, 12, 14],
        "vocab_size": 65536}),
    # 2,768,345,600 in the checkpoint
    "Mamba-2.8B": (2768345600, 2768345600, {"model_type": "mamba", "num_hidden_layers": 64, "hidden_size": 2560,
        "intermediate_size": 5120, "state_size": 16, "expand": 2, "conv_kernel": 4, "time_step_rank": 160,
        "vocab_size": 50280}),
    # Li et al. 2025, arXiv:2501.08313: 456 B, 45.9 B active without embeddings
    "MiniMax-Text-01": (456e9, 45.9e9 + 2 * 200064 * 6144, {"model_type": "minimax_text_01", "num_hidden_layers": 80,
        "hidden_size": 6144, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128,
        "attn_type_list": ([0] * 7 + [1]) * 10, "intermediate_size": 9216, "num_local_experts": 32,
        "num_experts_per_tok": 2, "vocab_size": 200064, "tie_word_embeddings": False}),
    # the card: 309 B, 15 B active
    "MiMo-V2-Flash": (309e9, 15e9, {"model_type": "mimo_v2_flash", "num_hidden_layers": 48, "hidden_size": 4096,
        "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 192, "v_head_dim": 128,
        "swa_num_attention_heads": 64, "swa_num_key_value_heads": 8, "swa_head_dim": 192,
        "hybrid_layer_pattern": ([0] + [1] * 5) * 8, "moe_layer_freq": [0] + [1] * 47, "intermediate_size": 16384,
        "moe_intermediate_size": 2048, "n_routed_experts": 256, "num_experts_per_tok": 8, "vocab_size": 152576,
        "tie_word_embeddings": False}),
    # Blakeman et al. 2025, arXiv:2504.03624: 56 B
    "Nemotron-H-56B": (56e9, 56e9, {"model_type": "nemotron_h", "num_hidden_layers": len(_H56), "hidden_size": 8192,
        "num_attention_heads": 64, "num_key_value_heads": 8, "attention_head_dim": 128,
        "hybrid_override_pattern": _H56, "mamba_num_heads": 256, "mamba_head_dim": 64, "n_groups": 8,
        "ssm_state_size": 256, "conv_kernel": 4, "intermediate_size": 32768, "vocab_size": 131072,
        "tie_word_embeddings": False}),
    # Jamba team 2024, arXiv:2408.12570: 52 B, 12 B active
    "Jamba-1.5-Mini": (52e9, 12e9, {"model_type": "jamba", "num_hidden_layers": 32, "hidden_size": 4096,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "attn_layer_period": 8,
        "attn_layer_offset": 4, "expert_layer_period": 2, "expert_layer_offset": 1, "num_experts": 16,
        "num_experts_per_tok": 2, "mamba_d_conv": 4, "mamba_d_state": 16, "mamba_dt_rank": 256, "mamba_expand": 2,
        "vocab_size": 65536, "tie_word_embeddings": False}),
    # the card: 32 B, 9 B active
    "Granite-4.0-h-small": (32e9, 9e9, {"model_type": "granitemoehybrid", "num_hidden_layers": 40,
        "hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 768,
        "shared_intermediate_size": 1536, "num_local_experts": 72, "num_experts_per_tok": 10, "mamba_n_heads": 128,
        "mamba_d_head": 64, "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_d_conv": 4, "vocab_size": 100352,
        "layer_types": (["mamba"] * 5 + ["attention"] + ["mamba"] * 4) * 4, "tie_word_embeddings": True}),
    # the card: 80 B, 13 B active; a number for each layer
    "Hunyuan-A13B": (80e9, 13e9, {"model_type": "hunyuan_v1_moe", "num_hidden_layers": 32, "hidden_size": 4096,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072,
        "moe_intermediate_size": [3072] * 32, "num_experts": 64, "moe_topk": [8] * 32,
        "num_shared_expert": [1] * 32, "vocab_size": 128167, "tie_word_embeddings": True}),
    # the card: 8.80 B
    "InternLM3-8B": (8.8e9, 8.8e9, {"model_type": "internlm3", "num_hidden_layers": 48, "hidden_size": 4096,
        "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 10240,
        "vocab_size": 128512, "tie_word_embeddings": False}),
    # arXiv:2508.06471: 106 B, 12 B active without embeddings
    "GLM-4.5-Air": (106e9, 12e9 + 2 * 151552 * 4096, {"model_type": "glm4_moe", "num_hidden_layers": 46,
        "hidden_size": 4096, "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_routed_experts": 128, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 1, "vocab_size": 151552, "tie_word_embeddings": False}),
}  # fmt: skip
_SIGLIP = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27}
# Their files leave out what is usual: of the smallest the heads, of all the vocabulary and which layers see everything.
SPARSE: dict[str, dict[str, Any]] = {
    "Gemma-3-4B": {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34},
    "Gemma-3-12B": {"hidden_size": 3840, "intermediate_size": 15360, "num_hidden_layers": 48,
                    "num_attention_heads": 16, "num_key_value_heads": 8},
    "Gemma-3-27B": {"hidden_size": 5376, "intermediate_size": 21504, "num_hidden_layers": 62, "head_dim": 128,
                    "num_attention_heads": 32, "num_key_value_heads": 16},
}  # fmt: skip


def written(folder: Path, content: dict[str, Any]) -> str:
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_config_json_says_what_the_tables_say(name: str, tmp_path: Path) -> None:
    facts, assumed = model_facts(written(tmp_path, PUBLISHED[name]))
    known = find_model(name)
    assert known is not None
    assert known.active_params_count is not None
    assert assumed == []
    assert facts.params_count == pytest.approx(known.params_count, rel=0.005)
    # DeepSeek's card says 37 B, rounded
    assert facts.active_params_count == pytest.approx(known.active_params_count, rel=0.02)
    for field in ("layers_count", "hidden_size", "heads_count", "kv_heads_count", "experts_count",
                  "experts_per_token", "moe_layers_count", "kv_latent_dim", "full_attention_layers_count",
                  "window_tokens", "kind", "family"):  # fmt: skip
        assert getattr(facts, field) == getattr(known, field), field


@pytest.mark.parametrize("name", UNUSUAL)
def test_layers_of_every_kind_are_counted_as_published(name: str, tmp_path: Path) -> None:
    total, active, content = UNUSUAL[name]
    facts, assumed = model_facts(written(tmp_path, content))
    assert assumed == []
    assert facts.params_count == pytest.approx(total, rel=0.02)
    assert facts.active_params_count == pytest.approx(active, rel=0.04)  # cards round it to one or two digits


@pytest.mark.parametrize("name", SPARSE)
def test_sizes_that_a_config_leaves_out_are_its_architectures(name: str, tmp_path: Path) -> None:
    text = SPARSE[name] | {"model_type": "gemma3_text", "sliding_window": 1024}
    content = {"model_type": "gemma3", "text_config": text, "vision_config": _SIGLIP}
    facts, assumed = model_facts(written(tmp_path, content))
    known = find_model(name)
    assert known is not None
    assert assumed == []
    assert facts.params_count == pytest.approx(known.params_count, rel=0.005)
    for field in (
        "heads_count",
        "kv_heads_count",
        "head_dim",
        "window_tokens",
        "full_attention_layers_count",
    ):
        assert getattr(facts, field) == getattr(known, field), field


@pytest.mark.parametrize("name", ["vocab_size", "intermediate_size"])
def test_a_size_that_is_not_said_is_not_guessed(name: str, tmp_path: Path) -> None:
    content = {key: value for key, value in PUBLISHED["Llama-3.1-8B"].items() if key != name}
    with pytest.raises(EcoError, match=f"lacks {name}"):
        model_facts(written(tmp_path, content))


def test_a_name_that_several_models_bear_is_doubted() -> None:
    facts, assumed = model_facts("deepseek-r1")
    assert facts.name == "DeepSeek-V3"
    assert "deepseek-r1:7b" in assumed[0]
    assert model_facts("deepseek-ai/DeepSeek-R1")[1] == []


@pytest.mark.parametrize(
    "parts",
    [
        {"model_type": "t5", "is_encoder_decoder": True},
        {"model_type": "nemotron-nas", "block_configs": [{"ffn": {"no_op": True}}]},
        {"model_type": "brandnew", "mamba_d_state": 128},
        {"model_type": "phi4mm", "audio_processor": {"name": "cascades"}},
        {"model_type": "qwen2_audio", "audio_config": {"d_model": 1280}},
        {"model_type": "brandnew", "layer_types": ["full_attention", "telepathy"] * 16},
    ],
)
def test_parts_that_nothing_counts_are_refused_unless_the_weights_say_the_number(
    parts: dict[str, Any], tmp_path: Path
) -> None:
    answer = written(tmp_path, PUBLISHED["Llama-3.1-8B"] | parts | {"torch_dtype": "bfloat16"})
    with pytest.raises(EcoError, match="are not counted") as caught:
        model_facts(answer)
    assert "--model" in (caught.value.hint or "")
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": {"total_size": 16000000000}}')
    assert model_facts(answer)[0].params_count == 8_000_000_000


def test_the_index_of_the_weights_decides_the_number_of_parameters(tmp_path: Path) -> None:
    answer = written(tmp_path, PUBLISHED["Llama-3.1-8B"] | {"torch_dtype": "bfloat16"})
    # total_size of the published index: 16,060,522,496 bytes at two a weight
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": {"total_size": 16060522496}}')
    assert model_facts(answer)[0].params_count == 8_030_261_248
    assert model_facts(str(tmp_path))[0].params_count == 8_030_261_248


def test_an_architecture_that_the_table_lacks_is_said(tmp_path: Path) -> None:
    facts, assumed = model_facts(written(tmp_path, PUBLISHED["Llama-3.1-8B"] | {"model_type": "brandnew"}))
    assert facts.family == "brandnew"
    assert "'brandnew' is not in our table" in assumed[0]


@pytest.mark.parametrize("content", ["{", "[]", '{"hidden_size": 12}', '{"hidden_size": -3, "n_layer": "a"}'])
def test_what_is_no_config_is_refused_by_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(EcoError, match=r"config\.json") as caught:
        model_facts(str(path))
    assert caught.value.hint
