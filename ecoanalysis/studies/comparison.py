"""Comparison of two selections of measurements: better, worse, or cannot tell, and what would tell."""

import math

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean, ratio_of, repeats_needed
from ecoanalysis.studies.pairs import MATCH_ON, cells
from ecoanalysis.studies.words import times

# What two sides may differ in; boundary, unit, task and treatment of idle power must always agree.
_MAY_DIFFER = (
    "base_model",
    "dataset",
    "device",
    "framework",
    "framework_version",
    "nominal_batch_size",
    "parallelism",
    "precision",
    "threads",
    "variant",
)


def compare(left: pl.DataFrame, right: pl.DataFrame, names: tuple[str, str]) -> Finding:
    """Return energy per item of `right` over `left`, on the configurations that both have.

    What distinguishes the two (a model, a device, a commit) need not match; everything else does. With one
    matched configuration the interval comes from the repeats (Welch), with more from the configurations.
    Raises `EcoError` when nothing matches.
    """
    differing = _differing(left, right)
    keys = [key for key in MATCH_ON if key in left.columns and key not in differing]
    joined = cells(left).join(cells(right), on=keys, suffix="_right", nulls_equal=True, maintain_order="left")
    if joined.is_empty():
        raise EcoError(
            f"{names[0]} and {names[1]} share no configuration (they differ in {', '.join(differing) or 'nothing'})",
            "compare selections that share task, batch, boundary and unit: eco top shows what there is",
        )
    ratios = (joined["log_energy_right"] - joined["log_energy"]).to_list()
    if joined.height == 1:
        return _repeats_finding(joined.row(0, named=True), names)
    effect = clustered_mean(ratios, [str(place) for place in range(len(ratios))])
    ratio, low, high = ratio_of(effect)
    sd = (effect.standard_error or 0.0) * math.sqrt(len(ratios))
    return _finding(names, ratio, low, high, len(ratios), sd, "configurations", _ids(joined))


def _differing(left: pl.DataFrame, right: pl.DataFrame) -> list[str]:
    """Return the matching columns in which each side has one value, and the two differ."""
    found = []
    for key in _MAY_DIFFER:
        single = key in left.columns and left[key].n_unique() == right[key].n_unique() == 1
        if single and left[key].item(0) != right[key].item(0):
            found.append(key)
    if "device" in found:
        found += [key for key in ("host", "devices_count") if key not in found]
    return found


def _repeats_finding(row: dict[str, object], names: tuple[str, str]) -> Finding:
    """Return the finding of one configuration from its repeats on both sides."""
    from scipy import stats

    sds = [float(str(row[name] or 0.0)) for name in ("log_energy_sd", "log_energy_sd_right")]
    counts = [int(str(row[name])) for name in ("repeats", "repeats_right")]
    mean = float(str(row["log_energy_right"])) - float(str(row["log_energy"]))
    ids = _ids(pl.DataFrame([row]))
    if min(counts) < 2 or max(sds) == 0:
        return _finding(names, math.exp(mean), None, None, sum(counts), max(sds), "repeats", ids)
    parts = [sd**2 / count for sd, count in zip(sds, counts, strict=True)]
    error = math.sqrt(sum(parts))
    df = sum(parts) ** 2 / sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
    half = float(stats.t.ppf(0.975, df)) * error
    low, high = math.exp(mean - half), math.exp(mean + half)
    return _finding(names, math.exp(mean), low, high, sum(counts), max(sds), "repeats", ids)


def _finding(
    names: tuple[str, str],
    ratio: float,
    low: float | None,
    high: float | None,
    n: int,
    sd: float,
    unit_of_evidence: str,
    ids: tuple[int, ...],
) -> Finding:
    """Return the verdict: an interval that excludes 1 tells, any other does not."""
    verdict, more = "cannot tell", ""
    if low is not None and high is not None and (high < 1 or low > 1):
        verdict = "better" if ratio < 1 else "worse"
    else:
        effect = max(abs(math.log(ratio)), 0.01)
        needed = repeats_needed(sd, effect) if sd else 3
        more = f" About {needed} {unit_of_evidence} per side would tell a difference of {math.expm1(effect):.1%}."
    return Finding(
        name=f"{names[1]} against {names[0]}",
        estimand="energy per item, second over first",
        sentence=f"{names[1]} uses {times(ratio, low, high)} the energy of {names[0]}: {verdict}.{more}",
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=n,
        method=f"log ratio of matched configurations; t interval over {unit_of_evidence}",
        groups={"first": names[0], "second": names[1], "verdict": verdict},
        measurement_ids=ids,
    )


def _ids(joined: pl.DataFrame) -> tuple[int, ...]:
    """Return the measurements behind a comparison."""
    columns = ("measurement_ids", "measurement_ids_right")
    return tuple(sorted({i for name in columns for ids in joined[name].to_list() for i in ids}))
