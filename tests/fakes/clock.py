"""A clock that moves when it is told to."""

from dataclasses import dataclass


@dataclass
class FakeClock:
    """Seconds since the test began; `monotonic_ns` and `utc_ns` as the sensors ask for them."""

    t_s: float = 0.0
    epoch_s: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.t_s

    def monotonic_ns(self) -> int:
        return round(self.t_s * 1e9)

    def utc_ns(self) -> int:
        return round((self.epoch_s + self.t_s) * 1e9)

    def advance(self, seconds: float) -> None:
        self.t_s += seconds
