"""The study of hardware mismatch: what a workload costs on each device beyond the best one at hand."""

import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.break_even import break_even_findings
from ecoanalysis.studies.device_size import size_findings, size_pairs
from ecoanalysis.studies.embodied_share import embodied_findings, embodied_limit, with_embodied
from ecoanalysis.studies.load_line import light_shares, load_findings, load_lines
from ecoanalysis.studies.matrix import WORKLOAD, best_per_device, regret, with_other_regrets
from ecoanalysis.studies.matrix_findings import (
    bounded_findings,
    metric_findings,
    regret_findings,
    workload_findings,
)
from ecoanalysis.studies.roofline import roofline, roofline_findings, roofline_limits, roofline_panel
from ecoanalysis.studies.words import ALPHA, counted, figure, headlines_first, listed, times

QUESTION = "Are huge accelerators inefficient for light models?"
_DESIGN = (
    "Estimand: regret, the energy per item of a device's best configuration divided by that of the best device for "
    "the same model, task, load (scenario, batch) and boundary; 1 is the best, nothing can be below. Beside it the "
    "same in carbon, water and ESS. Behind it the line P = fixed + marginal × rate through a device's load levels "
    "gives the share of power that flows without work, and the roofline says whether compute, bandwidth or overhead "
    "bounds the rate. Large against small: the device with the largest power limit over that with the smallest, each "
    "model once, at light and at heavy load. Devices that were not measured on a workload are absent, not bad."
)
_MISSING = "eco-collect suite quick --select framework=sklearn  # on a second machine; then: eco combine"


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return the device × workload matrix, the fixed and marginal energies, and what drives the regret."""
    counted_in = with_embodied(frame) if settings.embodied and "co2_g_per_item" in frame.columns else frame
    matrix = with_other_regrets(regret(best_per_device(frame)), counted_in)
    lines, positions = load_lines(frame), roofline(frame)
    sizes = size_pairs(matrix)
    large = list(size_findings(sizes))
    kinds = [
        large,
        list(workload_findings(matrix)),
        [] if settings.latency_bound_s is None else list(bounded_findings(frame, settings.latency_bound_s)),
        list(break_even_findings(lines)),
        list(metric_findings(matrix)),
        list(embodied_findings(counted_in)) if counted_in is not frame else [],
        list(roofline_findings(positions)),
        list(regret_findings(matrix, light_shares(lines))),
        list(load_findings(lines)),
    ]
    return StudyResult(
        name="mismatch",
        title="Hardware mismatch",
        question=QUESTION,
        answer=_answer(matrix, large),
        design=_DESIGN,
        findings=headlines_first(kinds),
        panels=_panels(matrix, lines, positions),
        limits=(*_limits(counted_in, settings), *roofline_limits(frame, positions)),
        missing=() if matrix.height else (_MISSING,),
        exclusions={"workload measured on one device only": frame.height - int(matrix["n"].sum())},
    )


def _answer(matrix: pl.DataFrame, large: list[Finding]) -> str:
    """Return the answer in a sentence or three."""
    if matrix.is_empty():
        return "Cannot be answered: no workload was measured on two devices at the same load and boundary."
    losing = matrix.filter(pl.col("regret") > 1)
    middle = 1.0 if losing.is_empty() else _median(losing["regret"])
    workloads = matrix.select(WORKLOAD).n_unique()
    winners = matrix.filter(pl.col("regret") == 1).select("device").n_unique()
    lead = (
        f"Over {counted(workloads, 'workload')} a device that is not the best uses a median of {figure(middle)} times "
        f"the energy of the best one; {counted(winners, 'device is', 'devices are')} best somewhere."
    )
    alone = [one for one in large if one.p_value is not None and one.p_value < ALPHA]
    if not alone:
        return lead
    told = [one for one in alone if one.q_value is not None and one.q_value < ALPHA]
    ranked = sorted(alone, key=lambda one: (one not in told, one.p_value or 0.0))
    rest = (
        ""
        if len(told) == len(alone)
        else " (* by its own interval, not once all comparisons are allowed for)"
    )
    return (
        f"{_verdict(alone, told)}. The device with the largest power limit uses, of the energy of the one with the "
        f"smallest, {listed([_brief(one, one in told) for one in ranked])}{rest}. {lead}"
    )


def _verdict(alone: list[Finding], told: list[Finding]) -> str:
    """Return yes, no, or what it depends on; `alone` are told by their own interval, `told` after all comparisons."""
    worse = {one.groups["load"] for one in alone if (one.estimate or 0) > 1}
    better = {one.groups["load"] for one in alone if (one.estimate or 0) < 1}
    if worse and better:
        return "It depends on the load and on the devices"
    sure = "" if told else "perhaps "
    verdict = (
        f"{sure}yes, at {' and '.join(sorted(worse))} load"
        if worse
        else f"{sure}not, at {' and '.join(sorted(better))} load"
    )
    return verdict[0].upper() + verdict[1:]


def _brief(one: Finding, told: bool) -> str:
    """Return a finding of large against small in a few words, with a star where the comparisons undo it."""
    star = "" if told else "*"
    ratio = times(one.estimate or 0.0, one.low, one.high)
    return f"{ratio}{star} at {one.groups['load']} load in {one.groups['dataset']}"


def _median(values: pl.Series) -> float:
    """Return the median of a series that is not empty."""
    return float(values.sort()[len(values) // 2])


def _limits(frame: pl.DataFrame, settings: Settings) -> tuple[str, ...]:
    """Return what the reader must keep in mind."""
    limits = [
        "Regret compares the best configuration that was measured on each device; tuning differs by submitter.",
        "A load line holds between the load levels measured; it is no licence to go beyond them.",
    ]
    if "embodied_g_per_item" in frame.columns:
        limits.append(embodied_limit(frame))
    else:
        limits.append("Embodied carbon is left out: --embodied counts it in the regrets of carbon.")
    if settings.latency_bound_s is None:
        limits.append("No latency bound was given: --latency-bound 0.1 compares what answers within 0.1 s.")
    return tuple(limits)


def _workload() -> pl.Expr:
    """Return a workload in words: its model and load, and what else tells it from others of the same two."""
    size = pl.format(
        "batch {}", pl.col("nominal_batch_size").round_sig_figs(4).cast(pl.String).str.strip_suffix(".0")
    )
    load = pl.coalesce(pl.col("scenario"), size, pl.lit("any load"))
    words = {
        "nominal_batch_size": pl.when(pl.col("scenario").is_not_null()).then(size),
        "steps": pl.format("{} steps", "steps"),
        "frames": pl.format("{} frames", "frames"),
    }
    others = [name for name in WORKLOAD if name not in ("base_model", "scenario")]
    told = [
        pl.when(pl.col(name).n_unique().over("base_model", load) > 1).then(words.get(name, pl.col(name)))
        for name in others
    ]
    return pl.concat_str("base_model", load, *told, separator=", ", ignore_nulls=True)


def _panels(matrix: pl.DataFrame, lines: pl.DataFrame, positions: pl.DataFrame) -> tuple[Panel, ...]:
    """Return the regret matrix, the fixed against marginal energies, and the roofline."""
    panels = []
    if matrix.height:
        low = pl.max_horizontal(pl.lit(1.0), pl.col("regret") / pl.col("spread"))
        cells = matrix.with_columns(
            workload=_workload(),
            low=pl.when(pl.col("spread").is_not_null()).then(low),
            high=pl.col("regret") * pl.col("spread"),
        ).select("workload", "device", "boundary", "regret", "low", "high", "energy_per_item_j")
        panels.append(
            Panel(
                "regret_heatmap",
                "Regret of each device on each workload",
                "Energy per item over that of the best device for the workload, which need not be among those shown; "
                "under it the 95 % interval that the two energies' own leave it. 1 is the best device, blank was not "
                "measured.",
                cells.sort("workload", "regret", "device"),
                {"value": "regret"},
            )
        )
    if lines.height:
        panels.append(
            Panel(
                "fixed_marginal",
                "Power before any work, and energy per further item",
                "A device far to the right needs load to be worth its fixed power. Lines are 95 % intervals, where "
                "three load levels or more were measured; one that runs to an edge goes on beyond it.",
                lines.drop("ids").sort("fixed_power_w", "device"),
                {"x": "fixed_power_w", "y": "marginal_j"},
            )
        )
    if positions.height:
        panels.append(roofline_panel(positions))
    return tuple(panels)
