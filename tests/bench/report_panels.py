"""Ten studies' worth of panels with invented numbers, for measuring the report at its full size."""

import random

import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.report.charts import CHARTS

_ROWS = 1900


def studies() -> tuple[StudyResult, ...]:
    """Return ten studies with twelve findings and two panels each, the charts in turn."""
    rng = random.Random(3)
    panels = [panel for _ in range(3) for panel in _panels(rng)]
    return tuple(_study(number, (panels[2 * number], panels[2 * number + 1])) for number in range(10))


def _study(number: int, panels: tuple[Panel, ...]) -> StudyResult:
    findings = tuple(
        Finding(
            f"finding {n}",
            "ratio of energies",
            f"A uses {n} times.",
            1.0 + n,
            0.5 + n,
            2.0 + n,
            "ratio",
            9,
            "t",
            "estimated",
        )
        for n in range(12)
    )
    title, question = f"Study {number}", f"What does study {number} ask?"
    return StudyResult(f"invented{number}", title, question, "It depends.", "Pairs.", findings, panels)


def _panels(rng: random.Random) -> list[Panel]:
    """Return one panel of each chart that studies draw, at the rows that 1,900 configurations give it."""
    points = {
        "size": [10 ** (6 + n // 8 % 60 / 12) for n in range(_ROWS)],
        "energy_per_item_j": [10 ** rng.uniform(-3, 2) for _ in range(_ROWS)],
        "batch": [float(2 ** (n % 8)) for n in range(_ROWS)],
        "device": [f"device {n % 9}" for n in range(_ROWS)],
        "base_model": [f"model {n // 8 % 60}" for n in range(_ROWS)],
        "item_unit": ["token"] * _ROWS,
        "params_count": [10 ** (6 + n // 8 % 60 / 12) for n in range(_ROWS)],
        "ratio": [10 ** rng.uniform(-1, 1) for _ in range(_ROWS)],
        "treatment": [("int8", "int4", "fp8")[n % 3] for n in range(_ROWS)],
        "fixed_power_w": [10 ** rng.uniform(0, 3) for _ in range(_ROWS)],
        "marginal_j": [10 ** rng.uniform(-3, 1) for _ in range(_ROWS)],
        "cv": [10 ** rng.uniform(-3, 0) for _ in range(_ROWS)],
        "n": [3] * _ROWS,
        "co2_g_per_kwh": [10 ** rng.uniform(1, 3) for _ in range(_ROWS)],
        "ewif_l_per_kwh": [10 ** rng.uniform(-1, 1) for _ in range(_ROWS)],
        "workload": [f"workload {n % 24}" for n in range(_ROWS)],
        "regret": [10 ** rng.uniform(0, 2) for _ in range(_ROWS)],
    }
    frame = pl.DataFrame(points)
    forest = frame.head(60).select(
        pl.col("base_model").alias("label"),
        "treatment",
        pl.col("ratio").alias("estimate"),
        (pl.col("ratio") * 0.8).alias("low"),
        (pl.col("ratio") * 1.3).alias("high"),
    )
    charts = {
        "energy_size": frame, "batch_curve": frame, "ratio_size": frame, "fixed_marginal": frame,
        "scatter_repeats": frame, "region_scatter": frame.head(213), "regret_heatmap": frame, "ratio_forest": forest,
    }  # fmt: skip
    named = ("base_model", "device")
    return [
        Panel(
            chart,
            f"Chart {chart}",
            "What to see.",
            part.select(sorted({*CHARTS[chart], *named} & set(part.columns))),
        )
        for chart, part in charts.items()
    ]
