"""What else the machine did while a workload ran: processor time of others, and time that the hypervisor took."""

import time
from dataclasses import dataclass

import psutil

CONTENDED_BELOW = (
    0.9  # of one core for us; a busy loop on a machine that does nothing else gets 0.98 and more
)
CONTENDED_ABOVE = 0.15  # of one core for others; an idle system and our recorder take 0.01 to 0.05


@dataclass(frozen=True, slots=True)
class Ledger:
    """Processor seconds since some start: of this process with all its threads, of the machine, and stolen from it."""

    own_s: float
    busy_s: float
    stolen_s: float

    def __add__(self, other: "Ledger") -> "Ledger":
        return Ledger(self.own_s + other.own_s, self.busy_s + other.busy_s, self.stolen_s + other.stolen_s)

    def __sub__(self, other: "Ledger") -> "Ledger":
        return Ledger(self.own_s - other.own_s, self.busy_s - other.busy_s, self.stolen_s - other.stolen_s)


def ledger() -> Ledger:
    """Return the account now. The machine's part is counted in ticks of 10 ms per core on Linux."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    stolen = getattr(times, "steal", 0.0)
    counted_twice = getattr(times, "guest", 0.0) + getattr(
        times, "guest_nice", 0.0
    )  # in user and nice already
    return Ledger(time.process_time(), sum(times) - idle - stolen - counted_twice, stolen)


def disturbance(spent: Ledger, duration_s: float) -> str | None:
    """Return what disturbed a window of `duration_s` [s] in which the process computed all the time; or None."""
    if duration_s <= 0:
        return None
    ours = spent.own_s / duration_s
    others = max(0.0, spent.busy_s - spent.own_s) / duration_s
    stolen = spent.stolen_s / duration_s
    if ours < CONTENDED_BELOW:
        return f"the workload got {ours:.0%} of a core"
    if others > CONTENDED_ABOVE:
        return f"other processes used {others:.2f} cores beside the workload"
    if stolen > CONTENDED_ABOVE:
        return f"the hypervisor took {stolen:.2f} cores away"
    return None
