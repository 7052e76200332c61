"""How one configuration is driven in one run: load, warm up until steady, infer, cool down, each phase marked.

A machine that is shared is fast and slow by turns of seconds: a window in one piece meets one of its states, and
the next repeat another. So on a processor the window is cut into slices, between which other runs have theirs (see
`turns.py`); all windows then span the same long time, and meet the same mixture.
"""

import math
import statistics
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any
from typing import Protocol as Interface

from collectors.trace.records import BETWEEN_TURNS
from collectors.workloads import yardstick
from collectors.workloads.loaded import Loaded, Quality, Stage
from collectors.workloads.neighbours import Ledger, disturbance, ledger

STEADY_STEPS = 5
_SHORT = 0.125  # of a slice: where a batch takes less, the first of each turn is not counted


@dataclass(frozen=True, slots=True)
class Protocol:
    """The times and targets of a suite, in seconds.

    `infer_s` is the window of each stage; a stage does at least `steps_min` batches, however long they take.
    On a processor the window is cut into slices that end with the first batch after their share, at most
    `slice_s`, each after a burst of the yardstick.
    Where batches are short, one goes first that is not counted: others have used the caches meanwhile, which costs
    the first batch some 0.5 ms (median of 18 configurations here, on a busy machine). Between the slices up to
    `arms_max - 1` other runs have their turns, or the machine rests until the window spans `spread_s`. On an
    accelerator the window stays in one piece. A turn that takes longer than `case_timeout_s`, the survey and the
    loading among them, ends the process.
    Warm-up ends when the last `STEADY_STEPS` batches vary by less than `steady_ratio`, at the latest after
    `warmup_max_s`. A configuration is repeated `repeats_min` times undisturbed, then on until the 95 % half-width
    of its mean energy per item (time per item, where no energy is metered) is under `target_ratio`, at most
    `repeats_max` times in all.
    """

    idle_s: float = 0.2
    warmup_s: float = 0.1
    warmup_max_s: float = 2.0
    infer_s: float = 1.0
    slice_s: float = 0.04
    spread_s: float = 5.0
    arms_max: int = 64
    cooldown_s: float = 0.1
    steps_min: int = 3
    steady_ratio: float = 0.05
    repeats_min: int = 3
    repeats_max: int = 5
    target_ratio: float = 0.05
    case_timeout_s: float = 300.0
    first_idle_s: float = 3.0

    @property
    def run_s(self) -> float:
        """The expected length of a run, for estimates [s]."""
        return self.idle_s + 1.5 * self.warmup_s + 1.15 * self.infer_s + self.cooldown_s + 0.1


class Recorder(Interface):
    """What a run needs of whoever records it; `collectors.record` returns one.

    `summary` is what the recorder says of the run once it has ended: energies by device and phase.
    """

    summary: dict[str, Any]

    def mark(self, phase: str, items: int | None = None) -> None:
        """A phase begins, or goes on with `items` finished since its last mark."""

    def quality(self, value: float, metric: str) -> None:
        """The quality of the answers."""

    def note(self, code: str, text: str) -> None:
        """Why something is missing or doubtful."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What one stage did in its window: items finished, seconds taken, and whether warm-up had become steady.

    `cpu_s` is the processor time of the workload's process in the window, over all its threads; `yardstick_s`
    the mean length of the yardstick's bursts before the slices; `disturbed` what else had the machine;
    `fastest_item_s` the seconds per item of the window's fastest batch, which the least disturbed it.
    """

    phase: str
    items_count: int
    duration_s: float
    cpu_s: float
    steady: bool = True
    yardstick_s: float | None = None
    disturbed: str | None = None
    fastest_item_s: float | None = None

    @property
    def item_s(self) -> float:
        """Seconds per item."""
        return self.duration_s / self.items_count


@dataclass(frozen=True, slots=True)
class Edge:
    """What a run asks of the machine around it; tests put their own in."""

    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep
    ledger: Callable[[], Ledger] = ledger
    burst: Callable[[], None] = yardstick.burst


@dataclass(slots=True)
class _Window:
    """The sums of a window while it is being filled."""

    items: int = 0
    steps: int = 0
    duration_s: float = 0.0
    cpu_s: float = 0.0
    fastest_item_s: float = math.inf
    bursts_s: list[float] = field(default_factory=list)
    turns_s: float = 0.0
    spent: Ledger = field(default_factory=lambda: Ledger(0.0, 0.0, 0.0))

    def filled_ratio(self, protocol: Protocol) -> float:
        """How much of it is done, 1 when it is full."""
        return min(1.0, self.duration_s / protocol.infer_s, self.steps / max(protocol.steps_min, 1))


def perform(
    load: Callable[[], Loaded],
    run: Recorder,
    protocol: Protocol,
    quality: Quality | None = None,
    first: bool = False,
    sliced: bool = True,
    edge: Edge | None = None,
) -> Generator[float, None, tuple[Timing, ...]]:
    """Run one repeat, in turns, and return the timing of each stage.

    It gives way before every slice, with the share of its windows that is full, and stands in the phase
    `BETWEEN_TURNS` until it goes on. The device is synchronised at every mark. `quality` is what was found on
    held-out data before. `sliced` says that the work is the processor's: slices, yardstick and the watch on other
    processes then make sense.
    """
    edge = edge or Edge()
    run.mark("idle")
    edge.sleep(protocol.first_idle_s if first else protocol.idle_s)
    run.mark("load")
    loaded = load()
    loaded.synchronize()
    timings: list[Timing] = []
    for stage in loaded.stages:
        run.mark("warmup")
        steady, step_s = warm_up(stage, loaded, protocol, edge.clock)
        warms = sliced and step_s < _SHORT * protocol.slice_s
        slices = _window(stage, loaded, run, protocol, sliced, warms, edge)
        timing = yield from _share_of(slices, len(timings), len(loaded.stages))
        timings.append(replace(timing, steady=steady))
        if timings[-1].disturbed:
            run.note("contended", f"{timings[-1].disturbed} in {stage.phase}: the machine was busy with more")
    run.mark("cooldown")
    edge.sleep(protocol.cooldown_s)
    run.mark("end")
    if quality is not None:
        run.quality(quality.value, quality.metric)
    if not all(timing.steady for timing in timings):
        run.note("not_steady", f"warm-up was not steady after {protocol.warmup_max_s:g} s")
    return tuple(timings)


def _share_of(
    slices: Generator[float, None, Timing], stages_before: int, stages_count: int
) -> Generator[float, None, Timing]:
    """Give way as one stage's slices do, with the share of all stages that is full; return what they return."""
    while True:
        try:
            filled_ratio = next(slices)
        except StopIteration as ended:
            timing: Timing = ended.value
            return timing
        yield (stages_before + filled_ratio) / stages_count


def warm_up(
    stage: Stage, loaded: Loaded, protocol: Protocol, clock: Callable[[], float]
) -> tuple[bool, float]:
    """Run batches until their times are steady, or the time for it is up; return which, and a batch's time [s]."""
    begin = clock()
    recent: list[float] = []
    while True:
        before = clock()
        stage.step()
        loaded.synchronize()
        now = clock()
        recent = [*recent[1 - STEADY_STEPS :], now - before]
        if len(recent) == STEADY_STEPS and now - begin >= protocol.warmup_s and _steady(recent, protocol):
            return True, statistics.median(recent)
        if now - begin >= protocol.warmup_max_s and len(recent) >= min(2, protocol.steps_min):
            return False, statistics.median(recent)


def _steady(recent: list[float], protocol: Protocol) -> bool:
    """Whether the middle three of the last five agree: one scheduler hiccup is not a drift."""
    middle = sorted(recent)[1:-1]
    mean = statistics.fmean(middle)
    return mean <= 0 or statistics.pstdev(middle) / mean < protocol.steady_ratio


def _window(
    stage: Stage, loaded: Loaded, run: Recorder, protocol: Protocol, sliced: bool, warms: bool, edge: Edge
) -> Generator[float, None, Timing]:
    """Fill one window and return its timing; its duration is that of the slices alone."""
    window = _Window()
    slices_count = math.ceil(protocol.infer_s / protocol.slice_s) if sliced else 1
    while window.steps < protocol.steps_min or window.duration_s < protocol.infer_s:
        if sliced:
            run.mark(BETWEEN_TURNS)
            yield window.filled_ratio(protocol)
        begin, before = edge.clock(), edge.ledger()
        if sliced:
            _burst(run, window, edge)
        if warms:
            run.mark("warmup")
            stage.step()
        _slice(stage, loaded, run, window, protocol.infer_s / slices_count, edge)
        window.turns_s += edge.clock() - begin
        window.spent += edge.ledger() - before
    return Timing(
        stage.phase,
        window.items,
        window.duration_s,
        window.cpu_s,
        yardstick_s=statistics.fmean(window.bursts_s) if sliced else None,
        disturbed=disturbance(window.spent, window.turns_s) if sliced else None,
        # on an accelerator a batch has not ended when its call returns
        fastest_item_s=window.fastest_item_s if sliced else None,
    )


def _slice(stage: Stage, loaded: Loaded, run: Recorder, window: _Window, slice_s: float, edge: Edge) -> None:
    items = 0
    run.mark(stage.phase)
    begin, cpu_begin = edge.clock(), time.process_time()
    before = begin
    while True:
        done = stage.step()
        now = edge.clock()
        window.fastest_item_s = min(window.fastest_item_s, (now - before) / done)
        items, before = items + done, now
        window.steps += 1
        if now - begin >= slice_s:
            break
    loaded.synchronize()
    window.duration_s += edge.clock() - begin
    window.cpu_s += time.process_time() - cpu_begin
    window.items += items
    run.mark(stage.phase, items=items)


def _burst(run: Recorder, window: _Window, edge: Edge) -> None:
    run.mark(yardstick.PHASE)
    begin = edge.clock()
    edge.burst()
    window.bursts_s.append(edge.clock() - begin)
    run.mark(yardstick.PHASE)
