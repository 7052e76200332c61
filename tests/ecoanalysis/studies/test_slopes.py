"""The paired slopes: worked by hand from two models."""

import math

import polars as pl
import pytest

from ecoanalysis.studies.slopes import slope_panel


def pairs(**more: object) -> pl.DataFrame:
    rows = [
        {"base_model": model, "treatment": "int4", "log_ratio": math.log(ratio), "quality_change": change}
        for model, ratio, change in (("a", 0.5, -0.02), ("b", 0.25, -0.04))
    ]
    where = {"device": "card", "framework": "stack", "reference": "fp16"}
    return pl.DataFrame([where | row | more for row in rows])


def mean_row(frame: pl.DataFrame) -> dict[str, object]:
    return frame.filter(kind="mean").row(0, named=True)


def test_the_mean_slope_is_geometric_with_a_t_interval_over_models() -> None:
    panel = slope_panel(pairs())
    assert panel is not None
    mean = mean_row(panel.frame)
    centre = math.sqrt(0.5 * 0.25)
    # two models: s of log ratio is ln 2 / sqrt 2, its error ln 2 / 2, t(0.975, 1) = 12.706
    assert mean["ratio"] == pytest.approx(centre)
    assert mean["high"] == pytest.approx(centre * math.exp(12.706 * math.log(2) / 2), rel=1e-3)
    assert mean["points"] == pytest.approx(-3.0)


def test_every_model_starts_at_one_and_at_no_change() -> None:
    panel = slope_panel(pairs())
    assert panel is not None
    start = panel.frame.filter(place=0)
    assert start.select("base_model", "precision", "ratio", "points").rows() == [
        ("a", "fp16", 1.0, 0.0),
        ("b", "fp16", 1.0, 0.0),
    ]


def test_percent_and_shares_of_quality_become_the_same_points() -> None:
    percent = slope_panel(pairs().with_columns(pl.col("quality_change") * 100))
    share = slope_panel(pairs())
    assert percent is not None
    assert share is not None
    assert mean_row(percent.frame)["points"] == pytest.approx(mean_row(share.frame)["points"])


def test_precisions_go_down_in_bits() -> None:
    several = pl.concat([pairs(treatment=name) for name in ("iq1_m", "q8_0", "int4-weight", "bf16")])
    panel = slope_panel(several)
    assert panel is not None
    order = panel.frame.filter(kind="mean").sort("place")["precision"].to_list()
    assert order == ["bf16", "q8_0", "int4-weight", "iq1_m"]


def test_a_single_model_makes_no_panel() -> None:
    assert slope_panel(pairs().head(1)) is None
