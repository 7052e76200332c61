"""How one configuration is driven in one run: load, warm up until steady, infer, cool down, each phase marked."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol as Interface

from collectors.workloads.loaded import Loaded, Quality, Stage


@dataclass(frozen=True, slots=True)
class Protocol:
    """The times and targets of a suite, in seconds.

    `infer_s` is the window of each stage; a stage does at least `steps_min` batches, however long they take.
    Warm-up ends when the last `STEADY_STEPS` batches vary by less than `steady_ratio`, at the latest after
    `warmup_max_s`. A configuration is repeated `repeats_min` times, then on until the 95 % half-width of its
    mean time per item is under `target_ratio`, at most `repeats_max` times.
    """

    idle_s: float = 0.2
    warmup_s: float = 0.1
    warmup_max_s: float = 2.0
    infer_s: float = 1.0
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
        return self.idle_s + 1.5 * self.warmup_s + 1.1 * self.infer_s + self.cooldown_s + 0.1


class Recorder(Interface):
    """What a run needs of whoever records it; `collectors.record` returns one."""

    def mark(self, phase: str, items: int | None = None) -> None:
        """A phase begins, or goes on with `items` finished since its last mark."""

    def quality(self, value: float, metric: str) -> None:
        """The quality of the answers."""

    def note(self, code: str, text: str) -> None:
        """Why something is missing or doubtful."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What one stage did in its window: items finished, seconds taken, and whether warm-up had become steady.

    `cpu_s` is the processor time of the workload's process in the window, over all its threads.
    """

    phase: str
    items_count: int
    duration_s: float
    cpu_s: float
    steady: bool

    @property
    def item_s(self) -> float:
        """Seconds per item."""
        return self.duration_s / self.items_count


STEADY_STEPS = 5
CONTENDED_BELOW = 0.9  # of one core; a busy loop on a machine that does nothing else gets 0.98 and more


def perform(
    load: Callable[[], Loaded],
    run: Recorder,
    protocol: Protocol,
    quality: Quality | None = None,
    first: bool = False,
    contended_below: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Timing, ...]:
    """Run one repeat and return the timing of each stage.

    The device is synchronised at every mark. `quality` is what was found on held-out data before. A window in
    which the process got less than `contended_below` of one core is noted: something else was running.
    """
    run.mark("idle")
    sleep(protocol.first_idle_s if first else protocol.idle_s)
    run.mark("load")
    loaded = load()
    loaded.synchronize()
    timings = []
    for stage in loaded.stages:
        run.mark("warmup")
        steady = warm_up(stage, loaded, protocol, clock)
        timings.append(_window(stage, loaded, run, protocol, steady, clock))
        _flag_contention(timings[-1], contended_below, run)
    run.mark("cooldown")
    sleep(protocol.cooldown_s)
    run.mark("end")
    if quality is not None:
        run.quality(quality.value, quality.metric)
    if not all(timing.steady for timing in timings):
        run.note("not_steady", f"warm-up was not steady after {protocol.warmup_max_s:g} s")
    return tuple(timings)


def warm_up(stage: Stage, loaded: Loaded, protocol: Protocol, clock: Callable[[], float]) -> bool:
    """Run batches until their times are steady; False when the time for it ran out."""
    begin = clock()
    recent: list[float] = []
    while True:
        before = clock()
        stage.step()
        loaded.synchronize()
        now = clock()
        recent = [*recent[1 - STEADY_STEPS :], now - before]
        if len(recent) == STEADY_STEPS and now - begin >= protocol.warmup_s and _steady(recent, protocol):
            return True
        if now - begin >= protocol.warmup_max_s and len(recent) >= min(2, protocol.steps_min):
            return False


def _steady(recent: list[float], protocol: Protocol) -> bool:
    """Whether the middle three of the last five agree: one scheduler hiccup is not a drift."""
    middle = sorted(recent)[1:-1]
    mean = statistics.fmean(middle)
    return mean <= 0 or statistics.pstdev(middle) / mean < protocol.steady_ratio


def _flag_contention(timing: Timing, contended_below: float, run: Recorder) -> None:
    share = timing.cpu_s / timing.duration_s if timing.duration_s > 0 else 1.0
    if share < contended_below:
        run.note(
            "contended",
            f"the workload got {share:.0%} of a core in {timing.phase}: the machine was busy with more",
        )


def _window(
    stage: Stage, loaded: Loaded, run: Recorder, protocol: Protocol, steady: bool, clock: Callable[[], float]
) -> Timing:
    items = steps = 0
    run.mark(stage.phase)
    begin, cpu_begin = clock(), time.process_time()
    while True:
        items += stage.step()
        steps += 1
        if steps >= protocol.steps_min and clock() - begin >= protocol.infer_s:
            break
    loaded.synchronize()
    duration_s, cpu_s = clock() - begin, time.process_time() - cpu_begin
    run.mark(stage.phase, items=items)
    return Timing(stage.phase, items, duration_s, cpu_s, steady)
