"""What rests on estimated energies says so, in every finding of every study."""

import numpy as np
import polars as pl
import pytest

from ecoanalysis.settings import Settings
from ecoanalysis.studies import STUDIES, load_study
from tests.ecoanalysis.studies.truth import messy

_OF_NO_ENERGY = ("quality of",)  # what the models answered is measured, whatever their energy is


@pytest.mark.parametrize("name", STUDIES)
def test_no_finding_on_estimated_energies_calls_itself_measured(name: str) -> None:
    rng = np.random.default_rng(3)
    frame = messy(rng, 0.0, devices=4, models=8, size_slope=-0.3, model_sd=0.05, quality_loss=0.01)
    energy = pl.col("energy_per_item_j")
    frame = frame.with_columns(
        basis=pl.lit("estimated"),
        device=pl.col("device").replace({"board 0": "NVIDIA A2", "board 1": "NVIDIA H100 SXM5 80GB"}),
        quality_metric=pl.lit("accuracy"),
        throughput_items_per_s=10.0 / energy,
        variant=pl.when(pl.col("precision") == "int8").then(pl.lit("row_loop")).otherwise(pl.lit("sound"))
        if name == "implementation"
        else pl.lit("sound"),
    )
    if name == "implementation":
        frame = frame.with_columns(precision=pl.lit("fp32"))
    found = load_study(name)(frame, Settings()).findings
    assert found
    called = [one.name for one in found if one.basis == "measured" and not one.name.startswith(_OF_NO_ENERGY)]
    assert called == []
