"""The study of scaling: how energy per item grows with parameters, and falls with batch."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings

QUESTION = "How does energy per item grow with model size, and fall with batch?"
STRATUM = ("dataset", "device", "task", "framework", "precision", "boundary", "idle_treatment", "item_unit")
_DESIGN = (
    "Estimand: exponents a and b of E ∝ N^a · B^b, N active parameters (total where the active count is unknown), "
    "B batch size, within a device, task, framework, precision and boundary; least squares in log with standard "
    "errors clustered by model, t interval on models - 2 degrees of freedom. Only strata with at least five models "
    "spanning a factor of 3 enter."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return the exponents per stratum."""
    usable = frame.filter(
        (pl.col("energy_per_item_j") > 0) & (pl.coalesce("active_params_count", "params_count") > 0)
    ).with_columns(
        size=pl.coalesce("active_params_count", "params_count").cast(pl.Float64),
        batch=pl.col("batch_size").fill_null(1.0).clip(1e-9),
    )
    findings = tuple(_findings(usable))
    answer = "Cannot be answered: no device and task has five models of known size that span a factor of 3."
    if findings:
        size = [f.estimate for f in findings if f.groups["exponent"] == "size" and f.estimate is not None]
        answer = (
            f"Energy per item grows as size to the power {np.median(size):.2f} (median of {len(size)} strata, "
            f"{min(size):.2f} to {max(size):.2f}): "
            + ("slower than the model." if np.median(size) < 1 else "at least as fast as the model.")
        )
    return StudyResult(
        name="scaling",
        title="Architecture and size",
        question=QUESTION,
        answer=answer,
        design=_DESIGN,
        findings=findings,
        panels=_panels(usable) if findings else (),
        limits=("An exponent describes the sizes measured; it is no licence to go beyond them.",),
        missing=() if findings else ("eco-collect suite cpu --select task=text_generation",),
        exclusions={"parameters unknown": frame.height - usable.height},
    )


def _findings(usable: pl.DataFrame) -> Iterator[Finding]:
    """Yield the exponents of each stratum that can carry them."""
    for key, part in usable.sort("id").group_by(STRATUM, maintain_order=True):
        sizes = (
            part.group_by("base_model", maintain_order=True).agg(pl.col("size").first())["size"].to_numpy()
        )
        if len(sizes) < 5 or sizes.max() < 3 * sizes.min():
            continue
        where = dict(zip(STRATUM, map(str, key), strict=True))
        for name, value, low, high, p_value in _exponents(part):
            yield Finding(
                name=f"{name} exponent: {where['device']}, {where['task']}, {where['framework']}, {where['precision']}",
                estimand=f"exponent of {name} in energy per item",
                sentence=(
                    f"On {where['device']} ({where['task']}, {where['framework']}, {where['precision']}) energy per "
                    f"{where['item_unit']} goes as {name} to the power {value:.2f} ({low:.2f} to {high:.2f}), from "
                    f"{len(sizes)} models."
                ),
                estimate=value,
                low=low,
                high=high,
                unit="exponent",
                n=part.height,
                method="log-linear least squares, standard errors clustered by model",
                groups={**where, "exponent": name},
                basis="estimated" if (part["basis"] == "estimated").any() else "measured",
                p_value=p_value,
                measurement_ids=tuple(part["id"].to_list()),
            )


def _exponents(part: pl.DataFrame) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield (name, estimate, low, high, p) of size, and of batch where it varies."""
    import statsmodels.api as sm
    from scipy import stats

    columns = {"size": np.log(part["size"].to_numpy())}
    batch = np.log(part["batch"].to_numpy())
    if np.ptp(batch) > np.log(1.5):
        columns["batch"] = batch
    design = sm.add_constant(np.column_stack(list(columns.values())))
    groups = part["base_model"].rank("dense").to_numpy()
    target = np.log(part["energy_per_item_j"].to_numpy())
    fit = sm.OLS(target, design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    half = float(stats.t.ppf(0.975, max(len(set(groups)) - 2, 1)))
    for place, name in enumerate(columns, start=1):
        value, error = float(fit.params[place]), float(fit.bse[place])
        yield name, value, value - half * error, value + half * error, float(fit.pvalues[place])


def _panels(usable: pl.DataFrame) -> tuple[Panel, ...]:
    """Return energy against size and against batch."""
    points = usable.select(
        "base_model",
        "device",
        "task",
        "precision",
        "boundary",
        "item_unit",
        "size",
        "batch",
        "energy_per_item_j",
    )
    return (
        Panel(
            "energy_size",
            "Energy per item against model size",
            "One point is one model on one device, its line what other settings do to it; both axes are logarithmic. "
            "Compare within one boundary and unit only.",
            points.sort("size", "energy_per_item_j"),
            {"x": "size", "y": "energy_per_item_j"},
        ),
        Panel(
            "batch_curve",
            "Energy per item against batch size",
            "Lines join the batch sizes of one model on one device, bars span other settings; the fall is idle power "
            "being shared.",
            points.sort("base_model", "device", "batch"),
            {"x": "batch", "y": "energy_per_item_j"},
        ),
    )
