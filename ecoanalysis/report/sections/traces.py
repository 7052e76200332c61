"""Recorded runs: power, utilisation and temperature over time, and when devices were throttled."""

import polars as pl

from ecoanalysis.records import Panel
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Figure, Prose, Section, See, Trace, TraceView
from ecoanalysis.report.numbers import count, plain
from ecoanalysis.report.traces import drawn


def build(context: Context) -> tuple[Section, ...]:
    """Return the section, none without a trace."""
    return (Section("traces", "Power traces", _traces(context)),) if context.traces else ()


def _traces(context: Context) -> tuple[Block, ...]:
    """Return the trace viewer; its printed figure is the first trace."""
    first = context.traces[0]
    frame = drawn(first)
    panels = frame["mean_w"].is_not_null().any()
    what = "Power and utilisation" if panels else "Utilisation"
    samples = sum(series.samples_count for series in first.series)
    marks = {
        "phases": [list(phase) for phase in first.phases],
        "throttled": [list(stretch) for series in first.series for stretch in series.throttled],
    }
    caption = (
        f"{what} over time in {first.title}, {count(samples)} samples; every second phase is shaded. "
        + (
            "Bands span the smallest and largest power in each stretch of time, so no spike is lost; lines are means. "
            if panels
            else "This machine has no power sensor: power was estimated from this utilisation. "
        )
        + "Energies are integrated from all samples, never from what is drawn."
    )
    figure = Figure("trace", Panel("trace", f"{what} of one run", caption, frame, marks))
    blocks: list[Block] = [TraceView(context.traces, figure)]
    lead = (
        "What the sensors saw while a run went on; the run with most samples is drawn, the page shows others too."
        if len(context.traces) > 1
        else "What the sensors saw while the run went on."
    )
    hot = frame.filter(pl.col("temperature_c").is_not_null()).select("t_s", "temperature_c", "device")
    if hot.height:
        caption = f"Mean temperature of each device in the same run. {_throttled(first)}"
        blocks.append(Figure("thermal", Panel("thermal", "Temperature and throttling", caption, hot, marks)))
    return Prose(lead), See(("trace", "thermal")), *blocks


def _throttled(trace: Trace) -> str:
    """Return in a sentence how long the devices of a run were held down."""
    spans = [stretch for series in trace.series for stretch in series.throttled]
    if not spans:
        return (
            "No throttling was seen; a device that does not tell of it cannot be told from one that ran free."
        )
    sums = {cause: sum(b - a for a, b, found in spans if found == cause) for _, _, cause in spans}
    told = " and ".join(f"{plain(seconds)} s for {cause}" for cause, seconds in sorted(sums.items()))
    return f"Strips at the foot are when the driver held a clock down: {told} in all."
