"""The child process of one model: takes jobs on stdin, runs each inside a recording, answers on stdout.

One line of JSON in, one line out. The first line holds the settings. The process ends with its input, and
with its parent, so that a killed suite leaves nothing behind.
"""

import ctypes
import gc
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
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
COMMAND = "eco-collect suite"
_UNSCORED = "quality needs trained weights, and for language models their tokenizer beside them"
_PR_SET_PDEATHSIG = 1

Record = Callable[..., AbstractContextManager[Recorder]]


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
    """Do each job of the input with `record`, and answer it in one line."""
    settings = json.loads(jobs.readline())
    protocol, cache = Protocol(**settings["protocol"]), Path(settings["cache"])
    surveys: dict[Case, Surveyed] = {}
    for line in jobs:
        job = json.loads(line)
        case, repeat = Case(**job["case"]), job["repeat"]
        previous = [Repeat(**one) for one in job["previous"]]
        answer = do(case, repeat, job["first"], protocol, cache, record, surveys, previous)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def do(
    case: Case, repeat: int, first: bool, protocol: Protocol, cache: Path, record: Record,
    surveys: dict[Case, Surveyed], previous: Sequence[Repeat] = (),
) -> dict[str, Any]:  # fmt: skip
    """Run one repeat of one case and return the answer: status, and what was measured or why it failed.

    The one place in this process that catches everything: a failure is recorded and the suite goes on.
    """
    _seed()
    try:
        with _thread_limit(case):
            if case not in surveys:
                surveys[case] = survey(case, cache)
            found = surveys[case]
            return _recorded(case, repeat, first, protocol, cache, record, found, previous)
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
) -> dict[str, Any]:  # fmt: skip
    load = loader(case)
    began = time.perf_counter()
    with record(config(case, found.facts), repeat=repeat, command=COMMAND) as run:
        timings = perform(
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
        "run_s": time.perf_counter() - began,
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


def _thread_limit(case: Case) -> AbstractContextManager[object]:
    """Hold BLAS, OpenMP and torch to the threads of the case's variant.

    Only libraries that are loaded already can be held: the framework is imported first.
    """
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    loader(case)
    threads = compute_threads(case.variant, case.threads)
    if case.framework in ("pytorch", "transformers"):
        import torch

        torch.set_num_threads(threads)
    limit: AbstractContextManager[object] = threadpool_limits(limits=threads)
    return limit


if __name__ == "__main__":
    main()
