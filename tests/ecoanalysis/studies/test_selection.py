"""A selection by a name that is not there says which one is meant."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.studies import selection


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("precision=bfloat16", "did you mean bf16?"),
        ("model=llama-3.1-8b", "did you mean meta-llama/Llama-3.1-8B?"),
        ("model=QWEN3-8b", "did you mean Qwen3-8B?"),
        ("model=Qwen3-9B", "did you mean Qwen3-8B?"),
        ("model=xyz", "the commonest: Qwen3-8B, meta-llama/Llama-3.1-8B"),
    ],
)
def test_a_value_that_is_not_there_is_told_its_like(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, hint: str
) -> None:
    from ecoanalysis.store.database import open_database

    open_database(tmp_path / "eco.duckdb").close()
    rows = pl.DataFrame(
        {"model": ["Qwen3-8B", "Qwen3-8B", "meta-llama/Llama-3.1-8B"], "precision": ["bf16", "fp8", "bf16"]}
    )
    monkeypatch.setattr(selection, "load", lambda con, where: rows)
    with pytest.raises(EcoError, match="no measurement has") as raised:
        selection.select(text, tmp_path / "eco.duckdb")
    assert raised.value.hint == hint
    assert selection.select("model=Qwen3-8B,precision=fp8", tmp_path / "eco.duckdb").height == 1
