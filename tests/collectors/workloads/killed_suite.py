"""A suite whose models cost nothing, for a test that kills it: real conductor, recorder, traces and resume."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import collectors
from collectors.trace.records import BETWEEN_TURNS
from collectors.workloads.case import Case, Facts, config
from collectors.workloads.conductor import Board, Progressed, conduct
from collectors.workloads.protocol import Protocol
from collectors.workloads.repeats import Repeat
from collectors.workloads.resume import recorded

CASES = [
    Case("tabular-classification", "tabular", "f", model, "sklearn", "fp64", size, "digits")
    for model in ("ridge", "knn", "mlp")
    for size in (1, 2, 3, 4)
]
PROTOCOL = Protocol(repeats_min=3, repeats_max=3, spread_s=0.0, arms_max=5)
RUN_S = 0.03
SLICES = 3


class Worker:
    """Stands where the child process of a model stands; records as that does, in turns."""

    alive = True

    def __init__(self, *_: object) -> None:
        self._begun: dict[Case, Iterator[float]] = {}

    def ask(self, case: Case, repeat: int, first: bool, previous: Sequence[Repeat]) -> dict[str, Any]:
        turns = self._begun.setdefault(case, _slices(case, repeat))
        try:
            return {"status": "open", "filled_ratio": next(turns)}
        except StopIteration:
            del self._begun[case]
        return {"status": "ok", "measured": {"item_s": RUN_S / 10}}

    def close(self) -> None:
        pass


def _slices(case: Case, repeat: int) -> Iterator[float]:
    with collectors.record(config(case, Facts(1, 8, "none")), repeat=repeat, command="test") as run:
        for number in range(SLICES):
            run.mark(BETWEEN_TURNS)
            yield number / SLICES
            run.mark("infer")
            time.sleep(RUN_S / SLICES)
            run.mark("infer", items=10)
        run.mark("end")


def main(out: Path) -> None:
    """Run what the traces in `out` lack; a line on stdout says that the first run begins."""
    board: Board = {case: Progressed() for case in CASES}
    problems = recorded(out, board)
    assert not problems, problems
    with collectors.recording(out=out) as host:
        print("running", flush=True)
        conduct(CASES, PROTOCOL, out, board, env=host.env, start=Worker)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
