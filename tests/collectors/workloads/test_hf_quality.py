# ruff: noqa: E402
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is in the extra [workloads]")
transformers = pytest.importorskip("transformers", reason="transformers is in the extra [workloads]")

from collectors.workloads import hf_build, hf_generate, hf_quality
from collectors.workloads.case import Case

CASE = Case("text-generation", "text", "GPT-2", "gpt2-small", "transformers", "fp32", 1, "", 8, 4)


def _save(folder: Path) -> None:
    """A GPT-2 of one layer whose weights are all zero: it knows nothing, and says so of each of its 50 words."""
    config = transformers.GPT2Config(vocab_size=50, n_positions=128, n_embd=32, n_layer=1, n_head=2)
    model = transformers.GPT2LMHeadModel(config)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.zero_()
    model.save_pretrained(folder)
    words = {f"w{number}": number for number in range(49)} | {"[UNK]": 49}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')


def test_weights_from_a_folder_are_scored_and_who_knows_nothing_has_the_perplexity_of_the_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(tmp_path / "gpt2-small")
    monkeypatch.setenv(hf_build.MODELS_VARIABLE, str(tmp_path))
    hf_build.base.cache_clear()
    hf_build._kept.cache_clear()
    loaded = hf_generate.load(CASE, tmp_path)
    hf_build.base.cache_clear()
    hf_build._kept.cache_clear()
    assert loaded.quality is not None
    found = loaded.quality()
    assert (found.metric, found.value) == ("perplexity", pytest.approx(50.0, rel=1e-5))


def test_random_weights_and_weights_without_a_tokenizer_are_not_scored(tmp_path: Path) -> None:
    assert hf_quality.scorer(None, "seeded random (1)", "cpu") is None
    assert hf_quality.scorer(None, str(tmp_path), "cpu") is None
