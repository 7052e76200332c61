"""Simulated databases with a known truth, and whether the studies' intervals hold it.

Every database is unbalanced (one to five batch sizes a model, cells missing), drifts while it is recorded (arms in
random order), has noise that clusters by model, and carries rows of another boundary, of the other treatment of idle
power and without a partner, whose energies are far off: if one of them entered, no interval would hold.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.settings import Settings
from ecoanalysis.studies import implementation, mismatch, quality, quantization, scaling
from ecoanalysis.studies.break_even import break_even_findings
from ecoanalysis.studies.comparison import compare
from ecoanalysis.studies.load_line import load_findings, load_lines
from tests.ecoanalysis.studies.planted import measurements

Rng = np.random.Generator
_SIZES = [2**step for step in range(10)]


def messy(
    rng: Rng,
    effect: float,
    *,
    factor: str = "precision",
    arms: tuple[str, str] = ("fp16", "int8"),
    devices: int = 1,
    models: int = 10,
    model_sd: float = 0.15,
    place_sd: float = 0.0,
    size_slope: float = 0.0,
    quality_loss: float = 0.0,
) -> pl.DataFrame:
    """Two arms of `factor` that differ by `effect` [log energy], plus what each model and device add to it."""
    of_model = rng.normal(0, model_sd, models)
    rows: list[dict[str, object]] = []
    for device in range(devices):
        of_place = rng.normal(0, place_sd) if place_sd else 0.0
        for model in range(models):
            if devices > 1 and rng.random() < 0.15:
                continue
            size = 1e9 * 2.0 ** (model - models / 2)
            change = effect + of_model[model] + of_place + size_slope * math.log(size / 1e9)
            lost = quality_loss + rng.normal(0, 0.002)
            level = rng.normal(0, 1)
            for batch in range(int(rng.integers(1, 6))):
                for arm in rng.permutation(2):
                    log = level - 0.3 * batch + arm * change + rng.normal(0, 0.08) + 1e-4 * len(rows)
                    row = _row(f"board {device}", f"m{model}", size, 2.0**batch, log)
                    rows.append({**row, factor: arms[arm], "quality_value": 0.8 - arm * lost})
    return measurements([*rows, *_strangers(rows, factor, arms)])


def _row(device: str, model: str, size: float, batch: float, log_energy: float) -> dict[str, object]:
    return {
        "device": device,
        "base_model": model,
        "model": model,
        "params_count": int(size),
        "nominal_batch_size": batch,
        "batch_size": batch,
        "energy_per_item_j": math.exp(log_energy),
    }


def _strangers(
    rows: list[dict[str, object]], factor: str, arms: tuple[str, str]
) -> Iterator[dict[str, object]]:
    """Rows that must never be paired with those above: one arm each, a thousand times the energy."""
    for place, row in enumerate(rows[::7]):
        far = {**row, factor: arms[1], "energy_per_item_j": 1000 * float(str(row["energy_per_item_j"]))}
        yield {**far, "boundary": "wall"}
        yield {**far, "idle_treatment": "net"}
        yield {**far, "nominal_batch_size": 1000.0 + place}  # no partner in the other arm
        yield {**far, "task": f"alone {place}"}


def _holds(finding: Finding, truth: float) -> bool:
    assert finding.low is not None
    assert finding.high is not None
    return finding.low <= truth <= finding.high


def _named(findings: tuple[Finding, ...], start: str) -> list[Finding]:
    return [finding for finding in findings if finding.name.startswith(start) and "planted" in finding.name]


def quantization_place(rng: Rng) -> list[bool]:
    """The ratio of one device, over models."""
    found = quantization.run(messy(rng, 0.25), Settings()).findings
    return [_holds(one, math.exp(0.25)) for one in _named(found, "int8 over fp16: board")]


def quantization_one_model(rng: Rng) -> list[bool]:
    """The ratio of a single model at three batch sizes, by its repeats."""
    rows: list[dict[str, object]] = [
        {
            "base_model": "m",
            "model": "m",
            "precision": arm,
            "nominal_batch_size": batch,
            "repeat": repeat,
            "energy_per_item_j": math.exp(change - math.log(batch) + rng.normal(0, scatter)),
        }
        for batch, count in ((1.0, 4), (4.0, 5), (16.0, 8))
        for arm, change, scatter in (("fp16", 0.0, 0.05), ("int8", 0.25, 0.12))
        for repeat in range(count)
    ]
    found = quantization.run(
        measurements([*rows, *_strangers(rows, "precision", ("fp16", "int8"))]), Settings()
    )
    return [_holds(one, math.exp(0.25)) for one in _named(found.findings, "int8 over fp16: board")]


def quantization_all_places(rng: Rng) -> list[bool]:
    """The mixed model over crossed models and devices."""
    frame = messy(rng, 0.25, devices=6, models=8, place_sd=0.25)
    found = quantization.run(frame, Settings()).findings
    overall = [one for one in found if one.name == "int8 over fp16: all places"]
    return [_holds(one, math.exp(0.25)) for one in overall]


def quantization_ess(rng: Rng) -> list[bool]:
    """ESS where every parameter counts as one: the energy turned over."""
    found = quantization.run(messy(rng, 0.25), Settings()).findings
    return [_holds(one, math.exp(-0.25)) for one in found if one.name == "ESS of int8 over fp16"]


def quantization_crossover(rng: Rng) -> list[bool]:
    """The size at which the ratio crosses 1, where the data bound it."""
    frame = messy(rng, 0.0, size_slope=-0.3, model_sd=0.1)
    found = _named(quantization.run(frame, Settings()).findings, "crossover")
    return [_holds(one, 1e9) for one in found]


def quality_loss(rng: Rng) -> list[bool]:
    """The change of quality, with its 90 % interval."""
    found = quantization.run(messy(rng, 0.1, quality_loss=0.01), Settings()).findings
    return [_holds(one, -1.0) for one in _named(found, "quality of int8")]


def implementation_waste(rng: Rng) -> list[bool]:
    """The waste factor of a variant."""
    frame = messy(rng, 0.7, factor="variant", arms=("sound", "row_loop"), model_sd=0.3)
    found = implementation.run(frame, Settings()).findings
    return [_holds(one, math.exp(0.7)) for one in _named(found, "row loop")]


def _scaled(rng: Rng) -> pl.DataFrame:
    """Energies as N^0.8 · B^-0.4 with deviations by model, of the level and of the batch exponent."""
    rows: list[dict[str, object]] = []
    for model, size in enumerate(_SIZES):
        level, slope = rng.normal(0, 0.3), -0.4 + rng.normal(0, 0.05)
        for batch in range(int(rng.integers(2, 6))):
            log = 0.8 * math.log(1e8 * size) + slope * batch * math.log(2) + level + rng.normal(0, 0.08)
            rows.append(
                {
                    "base_model": f"m{model}",
                    "model": f"m{model}",
                    "params_count": int(1e8 * size),
                    "nominal_batch_size": 2.0**batch,
                    "batch_size": 2.0**batch,
                    "energy_per_item_j": math.exp(log + 1e-4 * len(rows)),
                }
            )
    return measurements([*rows, *_strangers(rows, "precision", ("fp16", "int8"))])


def scaling_exponents(rng: Rng) -> list[bool]:
    """The exponents of size and of batch."""
    found = {
        one.groups["predictor"]: one
        for one in scaling.run(_scaled(rng), Settings()).findings
        if one.groups["boundary"] == "board"
        and one.groups["precision"] == "fp16"
        and one.groups["task"] == "t"
    }
    return [_holds(found["size"], 0.8), _holds(found["batch"], -0.4)]


def mismatch_size(rng: Rng) -> list[bool]:
    """The energy of a large device over that of a small one, at one item at a time."""
    rows: list[dict[str, object]] = []
    for model in range(9):
        level, change = rng.normal(0, 1), 0.6 + rng.normal(0, 0.3)
        for device, step in (("NVIDIA A2", 0.0), ("NVIDIA H100 SXM5 80GB", change)):
            energy = math.exp(level + step + rng.normal(0, 0.05))
            rows.append(
                {
                    "base_model": f"m{model}",
                    "device": device,
                    "scenario": "single_stream",
                    "energy_per_item_j": energy,
                }
            )
    found = mismatch.run(measurements([*rows, *_strangers(rows, "task", ("t", "t2"))]), Settings()).findings
    light = [
        one
        for one in found
        if one.name.startswith("large against small") and one.groups["boundary"] == "board"
    ]
    return [_holds(one, math.exp(0.6)) for one in light]


def _served(rng: Rng) -> list[dict[str, object]]:
    """Two devices at six rates each: 10 W + 2 J·r and 100 W + 0.5 J·r, which meet at 60 items a second."""
    return [
        {
            "base_model": "m",
            "device": device,
            "throughput_items_per_s": rate,
            "energy_per_item_j": (fixed + marginal * rate) / rate * math.exp(rng.normal(0, 0.05)),
        }
        for device, fixed, marginal in (("small", 10.0, 2.0), ("large", 100.0, 0.5))
        for rate in (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0)
    ]


def mismatch_fixed_share(rng: Rng) -> list[bool]:
    """The part of the power that flows without work, at the lightest load."""
    found = {one.groups["device"]: one for one in load_findings(load_lines(measurements(_served(rng))))}
    return [_holds(found["small"], 10 / 12), _holds(found["large"], 100 / 100.5)]


def mismatch_break_even(rng: Rng) -> list[bool]:
    """The rate above which the large device is the cheaper one."""
    return [_holds(one, 60.0) for one in break_even_findings(load_lines(measurements(_served(rng))))]


def comparison_models(rng: Rng) -> list[bool]:
    """`compare` over models."""
    frame = messy(rng, 0.25)
    left, right = (frame.filter(pl.col("precision") == arm) for arm in ("fp16", "int8"))
    return [_holds(compare(left, right, ("a", "b")), math.exp(0.25))]


def comparison_repeats(rng: Rng) -> list[bool]:
    """`compare` of one configuration, from unequal repeats of unequal scatter."""
    sides = []
    for centre, sd, count in ((0.0, 0.05, 4), (0.25, 0.15, 7)):
        logs = rng.normal(centre, sd, count)
        rows: list[dict[str, object]] = [
            {"base_model": "m", "repeat": r, "energy_per_item_j": math.exp(log)} for r, log in enumerate(logs)
        ]
        sides.append(measurements(rows))
    return [_holds(compare(sides[0], sides[1], ("a", "b")), math.exp(0.25))]


COVERAGE: dict[str, tuple[Callable[[Rng], list[bool]], float]] = {
    "quantization: one place": (quantization_place, 0.95),
    "quantization: one model": (quantization_one_model, 0.95),
    "quantization: all places": (quantization_all_places, 0.95),
    "quantization: ESS": (quantization_ess, 0.95),
    "quantization: crossover": (quantization_crossover, 0.95),
    "quantization: quality (90 %)": (quality_loss, 0.90),
    "implementation: waste": (implementation_waste, 0.95),
    "scaling: exponents": (scaling_exponents, 0.95),
    "hardware: large against small": (mismatch_size, 0.95),
    "hardware: fixed share": (mismatch_fixed_share, 0.95),
    "hardware: break-even load": (mismatch_break_even, 0.95),
    "compare: models": (comparison_models, 0.95),
    "compare: repeats": (comparison_repeats, 0.95),
}


def null_quantization(rng: Rng) -> bool:
    """Whether any of six devices is said to save or cost where nothing differs."""
    found = quantization.run(messy(rng, 0.0, devices=6), Settings()).findings
    return any(one.q_value is not None and one.q_value < 0.05 for one in found)


def null_implementation(rng: Rng) -> bool:
    """Whether a variant on any of six devices is called wasteful where nothing differs."""
    frame = messy(rng, 0.0, factor="variant", arms=("sound", "row_loop"), devices=6)
    found = implementation.run(frame, Settings()).findings
    return any(one.q_value is not None and one.q_value < 0.05 for one in found)


def null_quality(rng: Rng) -> bool:
    """Whether drift is reported on any of six devices where there is none."""
    rows = [
        {
            "device": f"board {device}",
            "base_model": f"m{model}",
            "repeat": repeat,
            "started_utc_ns": repeat,
            "energy_per_item_j": math.exp(rng.normal(0, 0.05)),
        }
        for device in range(6)
        for model in range(10)
        for repeat in range(4)
    ]
    return any(one.name.startswith("drift") for one in quality.run(measurements(rows), Settings()).findings)


def null_compare(rng: Rng) -> bool:
    """Whether two equal sides are told apart."""
    frame = messy(rng, 0.0)
    left, right = (frame.filter(pl.col("precision") == arm) for arm in ("fp16", "int8"))
    return compare(left, right, ("a", "b")).groups["verdict"] != "cannot tell"


NULLS: dict[str, Callable[[Rng], bool]] = {
    "quantization": null_quantization,
    "implementation": null_implementation,
    "quality: drift": null_quality,
    "compare": null_compare,
}
