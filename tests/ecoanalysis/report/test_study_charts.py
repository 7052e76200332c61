"""The charts of the studies draw what the studies name, with the numbers that they hold."""

import re

import polars as pl
import pytest

from ecoanalysis.records import Panel
from ecoanalysis.report.draw import draw as drawn
from ecoanalysis.report.draw import drawable

_HOURS = pl.DataFrame(
    [
        {"region": region, "hour": hour, "co2_g_per_kwh": 50.0 + hour, "low": 40.0, "high": 90.0}
        for region in ("DEU", "FRA")
        for hour in range(24)
    ]
)
_CALLS = pl.DataFrame(
    {
        "call_j": [1e-3, 2e-3, 1.0],
        "item_j": [1e-5, 3e-3, 0.5],
        "framework": ["sklearn", "pytorch", "sklearn"],
        "base_model": ["a", "b", "c"],
        "device": ["d", "d", "d"],
    }
)
_FRONT = pl.DataFrame(
    {
        "device": ["d"] * 4,
        "task": ["t"] * 4,
        "quality_metric": ["accuracy"] * 4,
        "item_unit": ["image"] * 4,
        "model": ["m"] * 4,
        "precision": ["fp32", "int8", "fp32", "int8"],
        "energy_per_item_j": [4.0, 2.0, 1.0, 0.5],
        "quality": [0.85, 0.84, 0.82, 0.81],
        "on_front": [True, True, True, True],
    }
)
_ROOF = pl.DataFrame(
    {
        "device": ["H100", "H100", "A2"],
        "base_model": ["m", "n", "o"],
        "intensity_flops_per_byte": [2.0, 500.0, 3.0],
        "ridge_flops_per_byte": [295.0, 295.0, 90.0],
        "achieved_flops_per_s": [1e12, 4e14, 1e11],
        "peak_flops_per_s": [9.9e14, 9.9e14, 1.8e13],
        "roof_ratio": [0.3, 0.4, 0.2],
    }
)


@pytest.mark.parametrize(
    ("chart", "frame", "points"),
    [
        ("hour_profile", _HOURS, 0),
        ("call_overhead", _CALLS, 3),
        ("pareto", _FRONT, 4),
        ("roofline", _ROOF, 3),
    ],
)
def test_a_panel_of_a_study_is_drawn_with_its_points(chart: str, frame: pl.DataFrame, points: int) -> None:
    panel = Panel(chart, "title", "caption", frame)
    assert drawable(panel)
    svg = drawn(panel).svg
    groups = re.findall(r'<g class="mark-symbol[^>]*marks">(.*?)</g>', svg, re.S)
    assert sum(len(re.findall("<path", group)) for group in groups) >= points


def test_a_label_keeps_the_digits_that_tell_it_from_its_neighbour() -> None:
    # Between 0.81 and 0.85 the axis has ticks 0.01 apart: each label once.
    labels = re.findall(r"<text[^>]*>(0\.8\d?)</text>", drawn(Panel("pareto", "t", "c", _FRONT)).svg)
    assert {"0.81", "0.85"} <= set(labels)
    assert len(labels) == len(set(labels))
