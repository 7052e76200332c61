"""The study of hardware mismatch: what a workload costs on each device beyond the best one at hand."""

from collections.abc import Iterator

import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.break_even import break_even_findings
from ecoanalysis.studies.load_line import load_lines, system

QUESTION = "Are huge accelerators inefficient for light models?"
WORKLOAD = ("dataset", "base_model", "task", "scenario", "boundary", "idle_treatment", "item_unit")
_DESIGN = (
    "Estimand: regret, the energy per item of a device's best configuration divided by that of the best device "
    "for the same model, task, load (scenario) and boundary; 1 is the best, nothing can be below. Behind it the "
    "line P = fixed + marginal × rate through a device's load levels gives the share of power that flows without "
    "work. Devices that were not measured on a workload are absent, not bad."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return the device × workload matrix, the fixed and marginal energies, and what drives the regret."""
    best = best_per_device(frame)
    matrix = regret(best)
    if matrix.is_empty():
        return StudyResult(
            name="mismatch",
            title="Hardware mismatch",
            question=QUESTION,
            answer="Cannot be answered: no workload was measured on two devices at the same boundary.",
            design=_DESIGN,
            missing=("eco-collect suite quick   # on a second machine, then: eco combine *.duckdb",),
        )
    lines = load_lines(frame)
    findings = [
        *_workload_findings(matrix, lines),
        *break_even_findings(lines),
        *_regret_findings(matrix, lines),
        *_load_findings(lines),
    ]
    return StudyResult(
        name="mismatch",
        title="Hardware mismatch",
        question=QUESTION,
        answer=_answer(matrix),
        design=_DESIGN,
        findings=tuple(findings),
        panels=_panels(matrix, lines),
        limits=(
            "Regret compares the best configuration that was measured on each device; tuning differs by submitter.",
            "Embodied carbon is left out: it favours the device that is already there.",
        ),
        exclusions={"workload measured on one device only": frame.height - int(matrix["n"].sum())},
    )


def best_per_device(frame: pl.DataFrame) -> pl.DataFrame:
    """Return, per workload and device, the lowest energy per item [J] with its interval and ids.

    At the wall a device is a whole system: its name is the system's.
    """
    named = frame.with_columns(device=system(), accelerator=pl.col("device"))
    usable = named.filter(pl.col("energy_per_item_j") > 0).sort("energy_per_item_j", "id")
    return usable.group_by(*WORKLOAD, "device", "accelerator", maintain_order=True).agg(
        energy_per_item_j=pl.col("energy_per_item_j").first(),
        low_per_item_j=pl.col("low_per_item_j").first(),
        high_per_item_j=pl.col("high_per_item_j").first(),
        throughput_items_per_s=pl.col("throughput_items_per_s").first(),
        mean_power_w=pl.col("mean_power_w").first(),
        idle_power_w=pl.col("idle_power_w").min(),
        measurement_id=pl.col("id").first(),
        n=pl.len(),
    )


def regret(best: pl.DataFrame) -> pl.DataFrame:
    """Return `best` with `regret` >= 1 and `best_device`, for workloads on two devices or more."""
    ranked = best.sort(*WORKLOAD, "energy_per_item_j", "device", nulls_last=True)
    with_best = ranked.with_columns(
        devices_measured=pl.col("device").n_unique().over(WORKLOAD),
        best_energy_j=pl.col("energy_per_item_j").first().over(WORKLOAD),
        best_device=pl.col("device").first().over(WORKLOAD),
        best_device_id=pl.col("measurement_id").first().over(WORKLOAD),
    )
    width = (pl.col("high_per_item_j") / pl.col("low_per_item_j")).log() / 2
    return with_best.filter(pl.col("devices_measured") > 1).with_columns(
        regret=pl.col("energy_per_item_j") / pl.col("best_energy_j"),
        spread=((width**2 + width.first().over(WORKLOAD) ** 2).sqrt()).exp().fill_null(1.0),
    )


def _workload_findings(matrix: pl.DataFrame, lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield one finding per workload: best device, worst device, the factor between them."""
    shares = {row["device"]: row["fixed_share"] for row in lines.iter_rows(named=True)}
    for key, part in matrix.group_by(WORKLOAD, maintain_order=True):
        where = dict(zip(WORKLOAD, map(str, key), strict=True))
        ordered = part.sort("regret")
        best, worst = ordered.row(0, named=True), ordered.row(-1, named=True)
        share = shares.get(worst["device"])
        why = "" if share is None else f" There {share:.0%} of the power flows without work."
        yield Finding(
            name=f"{where['base_model']}, {where['scenario']}: best device",
            estimand="energy per item on a device over energy per item on the best device",
            sentence=(
                f"{where['base_model']} ({where['scenario']}) costs least on {best['device']} "
                f"({best['energy_per_item_j']:.3g} J per {where['item_unit']}) and {worst['regret']:.3g} times that "
                f"on {worst['device']}, of {ordered.height} devices measured.{why}"
            ),
            estimate=worst["regret"],
            low=None,
            high=None,
            unit="ratio",
            n=ordered.height,
            method="best measured configuration per device; regret against the best device",
            groups={**where, "best": best["device"], "worst": worst["device"]},
            measurement_ids=tuple(ordered["measurement_id"].to_list()),
        )


def _regret_findings(matrix: pl.DataFrame, lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield the regret of every device on every workload, with the share of its power that does no work."""
    shares = {
        (row["device"], row["base_model"]): row["fixed_share_light"] for row in lines.iter_rows(named=True)
    }
    for row in matrix.iter_rows(named=True):
        share = shares.get((row["device"], row["base_model"]))
        low, high = row["regret"] / row["spread"], row["regret"] * row["spread"]
        idle = "not known: one load level" if share is None else f"{share:.0%} at its lightest load"
        yield Finding(
            name=f"regret of {row['device']} on {row['base_model']}, {row['scenario'] or 'any load'}",
            estimand="energy per item on this device over energy per item on the best device",
            sentence=(
                f"On {row['base_model']} ({row['scenario'] or 'any load'}) {row['device']} uses "
                f"{row['regret']:.3g} times the energy of the best device, "
                f"{row['best_device']}; idle share of its power: {idle}."
            ),
            estimate=row["regret"],
            low=max(1.0, low),
            high=high,
            unit="ratio",
            n=row["n"],
            method="ratio of the two energies; their intervals in quadrature; never below 1",
            groups={
                "device": row["device"],
                "accelerator": row["accelerator"] or "",
                "best": row["best_device"],
                "workload": row["base_model"],
                "scenario": row["scenario"] or "",
                "idle_share": "" if share is None else f"{share:.4f}",
            },
            measurement_ids=(row["measurement_id"], row["best_device_id"]),
        )


def _load_findings(lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield each device's fixed power and marginal energy, where its load levels allow a line."""
    for row in lines.iter_rows(named=True):
        yield Finding(
            name=f"fixed against marginal: {row['device']}, {row['base_model']}",
            estimand="power without work, and energy per further item",
            sentence=(
                f"{row['device']} draws {row['fixed_power_w']:.3g} W before it does any {row['base_model']}, and "
                f"{row['marginal_j']:.3g} J for each further {row['item_unit']}: {row['fixed_share']:.0%} of its "
                f"power at full load, {row['fixed_share_light']:.0%} at its lightest."
            ),
            estimate=row["fixed_share_light"],
            low=None,
            high=None,
            unit="ratio",
            n=row["n"],
            method="non-negative least squares of power on rate over load levels",
            groups={"device": row["device"], "model": row["base_model"], "boundary": row["boundary"]},
        )


def _answer(matrix: pl.DataFrame) -> str:
    """Return the answer in a sentence."""
    losing = matrix.filter(pl.col("regret") > 1)
    middle = float(losing["regret"].median()) if losing.height else 1.0  # type: ignore[arg-type]
    workloads = matrix.select(WORKLOAD).n_unique()
    winners = matrix.filter(pl.col("regret") == 1).select("device").n_unique()
    return (
        f"It depends on the load: over {workloads} workloads a device that is not the best uses a median of "
        f"{middle:.2g} times the energy of the best one, and {winners} different devices are best somewhere."
    )


def _panels(matrix: pl.DataFrame, lines: pl.DataFrame) -> tuple[Panel, ...]:
    """Return the regret matrix and the fixed against marginal energies."""
    cells = matrix.with_columns(
        workload=pl.format("{}, {}", pl.col("base_model"), pl.col("scenario").fill_null("any load"))
    ).select("workload", "device", "boundary", "regret", "energy_per_item_j")
    panels = [
        Panel(
            "regret_heatmap",
            "Regret of each device on each workload",
            "Energy per item over the best device for that workload; 1 is best, blank was not measured.",
            cells.sort("workload", "regret"),
            {"value": "regret"},
        )
    ]
    if lines.height:
        panels.append(
            Panel(
                "fixed_marginal",
                "Power before any work, and energy per further item",
                "A device far to the right needs load to be worth its fixed power.",
                lines.sort("fixed_power_w"),
                {"x": "fixed_power_w", "y": "marginal_j"},
            )
        )
    return tuple(panels)
