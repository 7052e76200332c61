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
