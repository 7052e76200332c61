"""Notes on what is doubtful in a series: resets, gaps, silence, two ways that disagree."""

from collections.abc import Iterator

import numpy as np

from collectors.trace.records import Note
from ecoanalysis.energy.integral import Flags, Integral
from ecoanalysis.energy.meter import stands_still
from ecoanalysis.energy.phases import INFER_PHASES, Phases

# The notes of the analysis, which are made anew at every build, bear this prefix.
PREFIX = "energy_"

_DISAGREE_RATIO = 0.05
_DISAGREE_S = 10.0
_GAP_RATIO = 0.05
_MEASURED = ("counter", "power", "power_avg")


def series_notes(
    run_id: int, device_id: int, phases: Phases, found: dict[str, Integral], update_s: float
) -> Iterator[Note]:
    """Give the notes on one device in one run; its sensor has news every `update_s` [s]."""
    counter = found.get("counter")
    if counter is not None and counter.resets_count:
        yield Note(
            "energy_counter_reset",
            f"the energy counter was reset {counter.resets_count}×; the energy of the interval around each reset is "
            "taken from the mean power, and doubted in full",
            severity="warning",
            hint="a driver reload or a device reset does this; repeat the run",
            run_id=run_id,
            device_id=device_id,
        )
    yield from _disagreement(run_id, device_id, found)
    measured = [found[method] for method in _MEASURED if method in found]
    if counter is not None and stands_still(counter):
        measured.remove(counter)
        yield Note(
            "energy_counter_still",
            f"the energy counter was read for {counter.covered_s.sum():.0f} s and never moved: it is not used",
            severity="warning",
            hint="a virtual machine or a disabled counter does this: eco-collect doctor",
            run_id=run_id,
            device_id=device_id,
        )
    if measured:
        yield from _coverage(run_id, device_id, phases, measured)
        yield from _unresolved(run_id, device_id, phases, update_s)


def _disagreement(run_id: int, device_id: int, found: dict[str, Integral]) -> Iterator[Note]:
    """Give a note where counter and integrated power differ by over 5 % on at least 10 s."""
    if "counter" not in found:
        return
    counter = found["counter"]
    for method in ("power", "power_avg"):
        if method not in found:
            continue
        power = found[method]
        both = np.isfinite(counter.energy_j) & np.isfinite(power.energy_j)
        duration_s = float(counter.duration_s[both].sum())
        counted_j, integrated_j = float(counter.energy_j[both].sum()), float(power.energy_j[both].sum())
        larger_j = max(abs(counted_j), abs(integrated_j))
        if duration_s < _DISAGREE_S or abs(counted_j - integrated_j) <= _DISAGREE_RATIO * larger_j:
            continue
        yield Note(
            "energy_disagreement",
            f"over {duration_s:.0f} s the counter shows {counted_j:.1f} J, integrated {method} {integrated_j:.1f} J "
            f"({(integrated_j - counted_j) / counted_j:+.0%})"
            if counted_j
            else f"over {duration_s:.0f} s the counter shows 0 J, integrated {method} {integrated_j:.1f} J",
            severity="warning",
            hint="eco-collect calibrate measures the sensor's update period, window and gain",
            run_id=run_id,
            device_id=device_id,
        )


def _asked(phases: Phases) -> Flags:
    """Return which spans are inference; all where no phase is marked as such."""
    inferring = np.array([name in INFER_PHASES for name in phases.names])
    return inferring if inferring.any() else np.ones(inferring.size, dtype=bool)


def _unresolved(run_id: int, device_id: int, phases: Phases, update_s: float) -> Iterator[Note]:
    """Give a note where a sensor is slower than the turns of a run."""
    slice_s = float(np.median(np.diff(phases.edges_s)[_asked(phases)]))
    if phases.waits.any() and update_s > slice_s:
        yield Note(
            "energy_turns_unresolved",
            f"the sensor has news every {update_s * 1e3:.0f} ms and a turn of the run lasts {slice_s * 1e3:.0f} ms: "
            "what it shows there is a mixture of all runs that took turns",
            severity="warning",
            hint="a suite of your own with a slice_s of ten such times in its [protocol]",
            run_id=run_id,
            device_id=device_id,
        )


def _coverage(run_id: int, device_id: int, phases: Phases, measured: list[Integral]) -> Iterator[Note]:
    """Give notes where readings have gaps, or end too early for an energy."""
    asked = _asked(phases)
    best = min(measured, key=lambda found: float(np.isnan(found.energy_j[asked]).sum()))
    total_s = float(best.duration_s[asked].sum())
    if np.isnan(best.energy_j[asked]).any():
        covered = float(best.covered_s[asked].sum()) / total_s if total_s else 0.0
        yield Note(
            "energy_not_covered",
            f"the sensor's readings cover {covered:.0%} of the inference: no energy is given from them",
            severity="warning",
            hint="a lost permission or a vanished device does this: eco-collect doctor",
            run_id=run_id,
            device_id=device_id,
        )
    gap_s = float(best.gap_s[asked].sum())
    if total_s and gap_s > _GAP_RATIO * total_s:
        yield Note(
            "energy_gaps",
            f"{gap_s:.1f} s of {total_s:.1f} s of inference lie in gaps between readings; power there is "
            "interpolated, and the interval widened to the range of power seen",
            severity="warning",
            run_id=run_id,
            device_id=device_id,
        )
