"""A recorder that keeps what it is told, in place of the recording process, and someone who gives turns."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from collectors.trace.records import Config


def played(turns: Generator[float, None, Any]) -> Any:
    """Give one turn after the other and return what the last one returns."""
    while True:
        try:
            next(turns)
        except StopIteration as ended:
            return ended.value


@dataclass
class KeptRun:
    config: Config
    repeat: int
    marks: list[tuple[str, int | None]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    score: tuple[float, str] | None = None
    status: str = "running"
    summary: dict[str, Any] = field(default_factory=dict)

    def mark(self, phase: str, items: int | None = None) -> None:
        self.marks.append((phase, items))

    def quality(self, value: float, metric: str) -> None:
        self.score = (value, metric)

    def note(self, code: str, text: str) -> None:
        self.notes.append((code, text))


@dataclass
class Keeper:
    runs: list[KeptRun] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)  # what is said of a run that ended well

    @contextmanager
    def record(self, config: Config, *, repeat: int = 0, command: str | None = None) -> Iterator[KeptRun]:
        run = KeptRun(config, repeat)
        self.runs.append(run)
        try:
            yield run
        except BaseException:
            run.status = "failed"
            raise
        run.status, run.summary = "ok", self.summary
