"""How punctual a recorder was: ticks asked for, delivered, late and missed."""

from bisect import bisect_left
from dataclasses import dataclass, field

_EDGES_MS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 1000.0)


@dataclass(slots=True)
class Ticks:
    """Counts since the recorder began. A tick is late from 1 ms on; a missed one was skipped for the next."""

    got_count: int = 0
    missed_count: int = 0
    worst_ms: float = 0.0
    _lateness: list[int] = field(default_factory=lambda: [0] * (len(_EDGES_MS) + 1))

    def deliver(self, late_ns: int, missed: int) -> None:
        """Count one tick that came `late_ns` after its deadline, and those that it came too late for."""
        late_ms = late_ns / 1e6
        self.got_count += 1
        self.missed_count += missed
        self.worst_ms = max(self.worst_ms, late_ms)
        self._lateness[bisect_left(_EDGES_MS, late_ms)] += 1

    def copy(self) -> "Ticks":
        """Return these counts, to compare with later."""
        return Ticks(self.got_count, self.missed_count, self.worst_ms, list(self._lateness))

    def since(self, before: "Ticks") -> dict[str, float | int | None]:
        """Return what was asked, got, late and missed since `before`, and the lateness quantiles [ms].

        Quantiles are upper edges of a histogram's bins.
        """
        counts = [now - then for now, then in zip(self._lateness, before._lateness, strict=True)]
        got = self.got_count - before.got_count
        missed = self.missed_count - before.missed_count
        late = sum(counts[_EDGES_MS.index(1.0) + 1 :])
        return {
            "asked": got + missed,
            "got": got,
            "late": late,
            "missed": missed,
            "median_late_ms": _quantile(counts, 0.5),
            "p99_late_ms": _quantile(counts, 0.99),
        }


def _quantile(counts: list[int], share: float) -> float | None:
    total, passed = sum(counts), 0
    for count, edge in zip(counts, (*_EDGES_MS, float("inf")), strict=True):
        passed += count
        if total and passed >= share * total:
            return min(edge, 1e4)
    return None
