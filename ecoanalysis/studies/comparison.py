"""Comparison of two selections of measurements: better, worse, or cannot tell, and what would tell."""

import math
from collections.abc import Mapping

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import Effect, clustered_mean, pairs_needed, ratio_of, repeats_needed
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.pairs import MATCH_ON, cells
from ecoanalysis.studies.words import counted, times

# What two sides may differ in; boundary, unit, task and treatment of idle power must always agree.
_MAY_DIFFER = (
    "base_model",
    "dataset",
    "device",
    "devices_count",
    "framework",
    "framework_version",
    "host",
    "nominal_batch_size",
    "parallelism",
    "precision",
    "setup",
    "threads",
    "variant",
)
# Keys that change along with another, where no value is on both sides: another device stands in another host.
_FOLLOWS = {
    "device": ("host", "devices_count", "setup"),
    "host": ("setup",),
    "framework": ("framework_version", "setup"),
    "dataset": ("setup",),
}
CLAIM = 0.05  # a smaller difference is not worth telling


def compare(left: pl.DataFrame, right: pl.DataFrame, names: tuple[str, str]) -> Finding:
    """Return energy per item of `right` over `left`, on the configurations that both have.

    What distinguishes the two (a model, a device, a commit) need not match; everything else does. With one
    matched configuration the interval comes from the repeats (Welch), with more from the models, each once; where
    all are of one model, from its configurations.
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
    used = sum(_ids_of(joined, column) for column in ("measurement_ids", "measurement_ids_right"))
    left_out = {"no like configuration on the other side": left.height + right.height - used}
    if joined.height == 1:
        return _finding(names, _welch(joined.row(0, named=True)), "repeat", joined, left_out)
    clusters, unit = _clusters(joined)
    effect = clustered_mean(joined["log_energy_right"] - joined["log_energy"], clusters)
    return _finding(names, effect, unit, joined, left_out)


def _differing(left: pl.DataFrame, right: pl.DataFrame) -> list[str]:
    """Return the matching columns in which each side has one value, and the two differ."""
    found = []
    for key in _MAY_DIFFER:
        single = key in left.columns and left[key].n_unique() == right[key].n_unique() == 1
        if single and left[key].item(0) != right[key].item(0):
            found.append(key)
    follow = [other for key in found for other in _FOLLOWS.get(key, ()) if _disjoint(left, right, other)]
    return list(dict.fromkeys([*found, *follow]))


def _disjoint(left: pl.DataFrame, right: pl.DataFrame, key: str) -> bool:
    """Return whether the two sides share no value of a column."""
    return key in left.columns and not set(left[key].to_list()) & set(right[key].to_list())


def _clusters(joined: pl.DataFrame) -> tuple[list[str], str]:
    """Return what counts once, and its name: the model where there are three or more, else the configuration."""
    if "base_model" in joined.columns and joined["base_model"].n_unique() > 2:
        return [str(name) for name in joined["base_model"]], "model"
    return [str(place) for place in range(joined.height)], "configuration"


def _welch(row: Mapping[str, object]) -> Effect:
    """Return the log ratio of one configuration from its repeats on both sides."""
    from scipy import stats

    sds = [float(str(row[name] or 0.0)) for name in ("log_energy_sd", "log_energy_sd_right")]
    counts = [int(str(row[name])) for name in ("repeats", "repeats_right")]
    mean = float(str(row["log_energy_right"])) - float(str(row["log_energy"]))
    if min(counts) < 2 or max(sds) == 0:
        return Effect(mean, None, None, sum(counts), min(counts), None, None, None)
    parts = [sd**2 / count for sd, count in zip(sds, counts, strict=True)]
    error = math.sqrt(sum(parts))
    df = sum(parts) ** 2 / sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
    half = float(stats.t.ppf(0.975, df)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, df))
    return Effect(mean, mean - half, mean + half, sum(counts), min(counts), error, df, p_value)


def _finding(
    names: tuple[str, str], effect: Effect, unit: str, joined: pl.DataFrame, left_out: dict[str, int]
) -> Finding:
    """Return the verdict: an interval that excludes 1 tells, any other does not."""
    ratio, low, high = ratio_of(effect)
    told = low is not None and high is not None and (high < 1 or low > 1)
    verdict = ("better" if ratio < 1 else "worse") if told else "cannot tell"
    needed = None if told else _needed(effect, unit, joined)
    evidence = counted(effect.clusters_count, unit) + (" a side" if unit == "repeat" else "")
    return Finding(
        name=f"{names[1]} against {names[0]}",
        estimand="energy per item, second over first",
        sentence=(
            f"{names[1]} uses {times(ratio, low, high)} the energy per item of {names[0]} ({evidence}): {verdict}."
            + ("" if told else _more(effect, unit, needed))
        ),
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=effect.n,
        method=f"log ratio of matched configurations; t interval over {unit}s"
        + (" (Welch)" if unit == "repeat" else ""),
        groups={
            "first": names[0],
            "second": names[1],
            "verdict": verdict,
            "evidence": unit,
            "needed": "" if needed is None else str(needed),
        },
        basis=basis_of(joined),
        p_value=effect.p_value,
        exclusions=left_out,
        measurement_ids=_ids(joined),
    )


def _needed(effect: Effect, unit: str, joined: pl.DataFrame) -> int | None:
    """Return how many repeats a side, models or configurations would tell the target with 80 % power."""
    target = _target(effect)
    if unit == "repeat":
        row = joined.row(0, named=True)
        known = [sd for sd in (row["log_energy_sd"], row["log_energy_sd_right"]) if sd]
        return repeats_needed(math.sqrt(sum(sd**2 for sd in known) / len(known)), target) if known else None
    sd = (effect.standard_error or 0.0) * math.sqrt(effect.clusters_count)
    return pairs_needed(sd, target) if sd > 0 else None


def _target(effect: Effect) -> float:
    """Return the log ratio worth telling: the one seen, or `CLAIM` where less was seen."""
    return max(abs(effect.mean), math.log1p(CLAIM))


def _more(effect: Effect, unit: str, needed: int | None) -> str:
    """Return in words what would tell, or that there is little to tell."""
    if effect.low is None or effect.high is None:
        if unit == "repeat":
            return " Without scatter between repeats nothing is known of chance: repeat both at least three times."
        return f" More {unit}s would tell."
    most = max(abs(effect.low), abs(effect.high))
    if most < math.log1p(CLAIM):
        return (
            f" They differ by less than {math.expm1(most):.1%}: too little to matter here."
            if most
            else " They are the same."
        )
    if needed is None:
        return f" More {unit}s would tell."
    side = " a side" if unit == "repeat" else ""
    return (
        f" About {counted(needed, unit)}{side} (now {effect.clusters_count}) would tell a difference of "
        f"{math.expm1(_target(effect)):.1%} with 80 % power."
    )


def _ids_of(joined: pl.DataFrame, column: str) -> int:
    """Return how many measurements of one side were used."""
    return len({i for ids in joined[column].to_list() for i in ids})


def _ids(joined: pl.DataFrame) -> tuple[int, ...]:
    """Return the measurements behind a comparison."""
    columns = ("measurement_ids", "measurement_ids_right")
    return tuple(sorted({i for name in columns for ids in joined[name].to_list() for i in ids}))
