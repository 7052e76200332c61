"""The section on prediction says which configurations it asked the models about, and what these were fitted to."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import drawable
from ecoanalysis.report.model import Callout, Figure, Prose
from ecoanalysis.report.sections import prediction


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the models know every configuration, and be right."""

    def compared(context: Context, cells: list[dict[str, Any]]) -> list[dict[str, object]]:
        right = {"ratio": 1.0, "low": 0.9, "high": 1.1}
        return [
            {"measured": c["energy_per_item_j"], **right, "dataset": c["dataset"], "model": c["model"]}
            for c in cells
        ]

    monkeypatch.setattr(prediction, "_compared", compared)


def _blocks(context: Context, kind: type) -> list[Any]:
    return [
        block for section in prediction.build(context) for block in section.blocks if isinstance(block, kind)
    ]


@pytest.mark.usefixtures("known")
def test_a_sample_of_the_configurations_is_called_one(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = context.cells.filter(context.cells["basis"] == "measured").height
    assert (
        f"Of {measured} configurations that the models know, {measured} (100%)"
        in _blocks(context, Callout)[0].text
    )
    monkeypatch.setattr(prediction, "_CONFIGURATIONS", measured // 3)
    assert "that the models know, a sample of one in 3, " in _blocks(context, Callout)[0].text


@pytest.mark.usefixtures("known")
def test_it_says_to_which_data_the_models_in_use_were_fitted(context: Context, tmp_path: Path) -> None:
    assert _blocks(context, Prose)[-1].text.startswith("The models that ship were fitted to published data.")
    (tmp_path / "fits").mkdir()
    (tmp_path / "fits" / "current.json").write_text("{}")
    own = dataclasses.replace(context.settings, database=tmp_path / "eco.duckdb")
    assert "your own data" in _blocks(dataclasses.replace(context, settings=own), Prose)[-1].text


@pytest.mark.usefixtures("known")
def test_the_figures_rows_name_their_data_set(context: Context) -> None:
    panel = _blocks(context, Figure)[0].panel
    assert panel.frame["dataset"].unique().to_list() == ["recorded"]
    assert drawable(panel)
