"""The child process of one model: takes jobs on stdin, runs each inside a recording, answers on stdout.

One line of JSON in, one line out. The first line holds the settings. A line that names a case gives it one turn: a
run is begun, or goes on with its next slice; the answer is `open` until it has ended. The process ends with its
input, and with its parent, so that a killed suite leaves nothing behind.
"""

import ctypes
import gc
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from collectors.trace.records import Config
from collectors.workloads import WORKLOADS
from collectors.workloads.case import Case, Facts, config
from collectors.workloads.loaded import Evidence, Loaded, Quality
from collectors.workloads.precision import PrecisionError, check
from collectors.workloads.protocol import Protocol, Recorder, Timing, perform
from collectors.workloads.repeats import Repeat, agreement, item_energy_j, times_text
from collectors.workloads.variants import compute_threads

SEED = 20260711
SURVEYED = -1.0  # what a case that is surveyed and not yet loaded has done
COMMAND = "eco-collect suite"
_UNSCORED = "quality needs trained weights, and for language models their tokenizer beside them"
_PR_SET_PDEATHSIG = 1

Record = Callable[..., AbstractContextManager[Recorder]]
Answer = dict[str, Any]
Turns = Generator[
    float, None, Answer
]  # gives way with the share that is done, below 0 before the first window


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was found when a case was first loaded, outside any recording."""

    facts: Facts
    evidence: Evidence
    quality: Quality | None


def main() -> None:
    """Serve the parent until its input ends."""
    # Only Linux has it; elsewhere the child ends with its input.
    getattr(ctypes.CDLL(None), "prctl", lambda *_: 0)(_PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    import collectors

    serve(sys.stdin, answers, collectors.record)


def serve(jobs: IO[str], answers: IO[str], record: Record) -> None:
    """Do each job of the input with `record`, turn by turn, and answer each turn in one line."""
    settings = json.loads(jobs.readline())
    protocol, cache = Protocol(**settings["protocol"]), Path(settings["cache"])
    surveys: dict[Case, Surveyed] = {}
    begun: dict[Case, Turns] = {}
    for line in jobs:
        job = json.loads(line)
        case, repeat = Case(**job["case"]), job["repeat"]
        if case not in begun:
            previous = [Repeat(**one) for one in job["previous"]]
            begun[case] = do(case, repeat, job["first"], protocol, cache, record, surveys, previous)
        try:
            answer = {"status": "open", "filled_ratio": next(begun[case])}
        except StopIteration as ended:
            answer = ended.value
            del begun[case]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def do(
    case: Case, repeat: int, first: bool, protocol: Protocol, cache: Path, record: Record,
    surveys: dict[Case, Surveyed], previous: Sequence[Repeat] = (),
) -> Turns:  # fmt: skip
    """Run one repeat of one case, in turns, and return the answer: status, and what was measured or why it failed.

    The first turn surveys, outside any recording: a case that cannot run opens none, and long preparations are over
    before anybody's run begins. The one place in this process that catches everything: a failure is recorded and
    the suite goes on.
    """
    try:
        with _thread_limit(case):
            if case not in surveys:
                _seed()
                surveys[case] = survey(case, cache)
        yield SURVEYED
        run = _recorded(case, repeat, first, protocol, cache, record, surveys[case], previous)
        return (yield from _within_threads(case, run))
    except Exception as error:  # noqa: BLE001 - a framework may raise anything; the run fails by name, the suite goes on
        code = "precision_not_taken" if isinstance(error, PrecisionError) else "workload_failed"
        text = f"{type(error).__name__}: {error}"[:1000]
        known = surveys.get(case)
        if known is None:
            _record_failure(config(case), repeat, record, code, text)
        return {"status": "failed", "code": code, "reason": text}
    finally:
        gc.collect()


def survey(case: Case, cache: Path) -> Surveyed:
    """Load a case outside any recording: train and cache, count, prove the precision, score.

    Raises `PrecisionError` when it did not take its precision.
    """
    loaded = loader(case)(case, cache)
    facts, evidence = loaded.inspect()
    check(case.precision, evidence, case.label)
    return Surveyed(facts, evidence, loaded.quality() if loaded.quality else None)


def loader(case: Case) -> Callable[[Case, Path], Loaded]:
    """Return the function that loads a case."""
    module, function = WORKLOADS[case.framework, case.modality].split(":")
    load: Callable[[Case, Path], Loaded] = getattr(import_module(module), function)
    return load


def _recorded(
    case: Case, repeat: int, first: bool, protocol: Protocol, cache: Path, record: Record, found: Surveyed,
    previous: Sequence[Repeat],
) -> Turns:  # fmt: skip
    load = loader(case)
    _seed()
    with record(config(case, found.facts), repeat=repeat, command=COMMAND) as run:
        timings = yield from perform(
            lambda: load(case, cache), run, protocol, found.quality, first, sliced=case.device == "cpu"
        )
        if repeat == 0:
            run.note("precision_evidence", str(found.evidence))
        if found.quality is None:
            run.note("no_quality", f"weights: {found.facts.weights}; {_UNSCORED}")
        measured = _measured(timings)
        run.note("repeat_times", times_text(measured))
    measured = replace(measured, item_j=item_energy_j(run.summary, timings[-1].phase, measured.item_s))
    _tell_agreement([*previous, measured], protocol, run)
    return {
        "status": "ok",
        "measured": asdict(measured),
        "quality": found.quality.value if found.quality else None,
    }


def _measured(timings: Sequence[Timing]) -> Repeat:
    """Return a run as one repeat: the time per item of its last stage, disturbed if any stage was."""
    last = timings[-1]
    return Repeat(
        last.item_s,
        last.cpu_s / last.items_count,
        last.yardstick_s,
        any(timing.disturbed for timing in timings),
        all(timing.steady for timing in timings),
        last.fastest_item_s,
    )


def _tell_agreement(repeats: Sequence[Repeat], protocol: Protocol, run: Recorder) -> None:
    """Say in the trace how the repeats so far agree; a configuration's last run carries the final word."""
    if len(repeats) < max(protocol.repeats_min, 2):
        return
    found = agreement(repeats, protocol.repeats_min)
    code = "not_repeatable" if found.noisy else "repeatable"
    run.note("machine_varied" if found.of_the_machine else code, str(found))


def _record_failure(what: Config, repeat: int, record: Record, code: str, text: str) -> None:
    """Leave a failed run, with its reason, in the trace."""
    try:
        with record(replace(what, facts_source="not loaded"), repeat=repeat, command=COMMAND) as run:
            run.note(code, text)
            raise PrecisionError(text)
    except PrecisionError:
        return


def _seed() -> None:
    random.seed(SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(SEED)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(SEED)


def _within_threads(case: Case, turns: Turns) -> Turns:
    """Give way as `turns` does, with the case's threads held in each of its turns; return what it returns."""
    while True:
        with _thread_limit(case):
            try:
                filled_ratio = next(turns)
            except StopIteration as ended:
                answer: Answer = ended.value
                return answer
        yield filled_ratio


def _thread_limit(case: Case) -> AbstractContextManager[object]:
    """Hold BLAS, OpenMP and torch to the threads of the case's variant.

    Only libraries that are loaded already can be held: the framework is imported first.
    """
    loader(case)
    threads = compute_threads(case.variant, case.threads)
    if case.framework in ("pytorch", "transformers"):
        import torch

        torch.set_num_threads(threads)
    limit: AbstractContextManager[object] = _thread_pools(len(sys.modules)).limit(limits=threads)
    return limit


@lru_cache(maxsize=1)
def _thread_pools(_modules_count: int) -> Any:
    """Return the thread pools of the loaded libraries; to find them takes 3 ms, so only after another import."""
    from threadpoolctl import ThreadpoolController  # comes with scikit-learn

    return ThreadpoolController()


if __name__ == "__main__":
    main()
