"""How often a configuration is repeated, and how well its repeats agree: in all, and where nothing disturbed them.

What other work does to a measurement is never negative: a scheduler, a neighbour's cache misses or a lower clock
only add time. The fastest of many batches is therefore the figure that repeats (J. Chen and J. Revels 2016,
arXiv:1608.04295), and the mean over the window the one that was paid for. Both are told, by their names; energies go
with the mean.

Of 40 scikit-learn configurations, each four windows of half a second on a virtual machine of two cores that several
test suites shared (load 4 to 7, half of the time spent waiting for a core), repeated within 5 %: none by their mean,
by the mean divided by the yardstick, or by the median of slices; 29 by their fastest batch. With the windows cut into
slices that took turns among all configurations it was none, one, one and 36. Since then they take turns (`turns.py`):
of 40 configurations of four frameworks, twice without turns and twice with, one after the other at loads of 3 to 12,
27 of 35 and 22 of 31 steady ones repeated within 5 % by their fastest batch without, 30 of 37 and 22 of 23 with; by
their mean at most three.
"""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

# Student's t at 97.5 % by degrees of freedom (tables of Fisher & Yates); beyond 10 the tenth is used, which is wider.
_T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NOISY_RATIO = 0.05  # a coefficient of variation above this flags the configuration


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat: wall seconds per item, and what may have disturbed it.

    `cpu_item_s` is the processor time per item; `yardstick_s` the seconds that the fixed piece of work of
    `yardstick.py` took before the slices; `contended` says that something else had the machine; `steady` that
    warm-up ended because batch times had settled, not because its time was up. `fastest_item_s` is the fastest
    batch's seconds per item; `item_j` the metered energy per item, None where nothing is metered.
    """

    item_s: float
    cpu_item_s: float | None = None
    yardstick_s: float | None = None
    contended: bool = False
    steady: bool = True
    fastest_item_s: float | None = None
    item_j: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the repeats of a configuration vary, as coefficients of variation (sample standard deviation / mean).

    `wall_ratio` is that of the time per item as the clock saw it. `paced_ratio` is that of the time per item
    divided by the yardstick's beside it: what is left once the machine's own speed, which varied by
    `machine_ratio`, is taken out. `cpu_ratio` is that of the processor time per item, `fastest_ratio` that of the
    fastest batch, `energy_ratio` that of the energy per item. None: not enough is known.
    """

    repeats_count: int
    wall_ratio: float | None
    paced_ratio: float | None
    machine_ratio: float | None
    cpu_ratio: float | None
    fastest_ratio: float | None
    energy_ratio: float | None
    steady: bool

    @property
    def noisy(self) -> bool:
        """Whether the time per item, as the clock saw it, varies by more than `NOISY_RATIO`."""
        return self.wall_ratio is not None and self.wall_ratio > NOISY_RATIO

    @property
    def of_the_machine(self) -> bool:
        """Whether it is the machine that varies: undisturbed batches repeat, or the noise goes with its speed."""
        return self.noisy and (repeats_well(self.fastest_ratio) or repeats_well(self.paced_ratio))

    def __str__(self) -> str:
        machine = f"the machine's own speed, which varied by {_percent(self.machine_ratio)}"
        parts = [
            f"time per item varies by {_percent(self.wall_ratio)} over {self.repeats_count} repeats",
            f"that of the fastest batch by {_percent(self.fastest_ratio)}",
            f"the mean by {_percent(self.paced_ratio)} once divided by {machine}",
            f"processor time per item by {_percent(self.cpu_ratio)}",
        ]
        if self.energy_ratio is not None:
            parts.append(f"energy per item by {_percent(self.energy_ratio)}")
        return "; ".join(parts) + " (coefficients of variation)"


def usable(repeats: Sequence[Repeat], repeats_min: int) -> list[Repeat]:
    """Return the repeats that judge a configuration: the undisturbed ones where there are enough, else all.

    Whether a repeat was disturbed is known from the machine's load, never from its result, so nothing is
    selected for agreeing.
    """
    quiet = [repeat for repeat in repeats if not repeat.contended]
    return quiet if len(quiet) >= max(repeats_min, 2) else list(repeats)


def agreement(repeats: Sequence[Repeat], repeats_min: int) -> Agreement:
    """Return how the usable repeats of a configuration agree."""
    used = usable(repeats, repeats_min)
    paced = [one.item_s / one.yardstick_s if one.yardstick_s else None for one in used]
    return Agreement(
        repeats_count=len(used),
        wall_ratio=variation_ratio([one.item_s for one in used]),
        paced_ratio=_known_ratio(paced),
        machine_ratio=_known_ratio([one.yardstick_s for one in used]),
        cpu_ratio=_known_ratio([one.cpu_item_s for one in used]),
        fastest_ratio=_known_ratio([one.fastest_item_s for one in used]),
        energy_ratio=_known_ratio([one.item_j for one in used]),
        steady=all(one.steady for one in used),
    )


def repeats_well(ratio: float | None) -> bool:
    """Whether a coefficient of variation is known and within `NOISY_RATIO`."""
    return ratio is not None and ratio <= NOISY_RATIO


def item_energy_j(summary: Mapping[str, Any], phase: str, item_s: float) -> float | None:
    """Return the energy per item [J]: the node's mean power in a phase, by the summary of its run, times `item_s`.

    The node is the sum of what is metered in the machine, parts and outer meters aside. None without a meter.
    """
    booked = summary.get("phases", {}).get(phase)
    devices = summary.get("devices", {})
    if booked is None or booked["duration_s"] <= 0:
        return None
    spent_j = [joules for key, joules in booked["energy_j"].items() if devices.get(key, {}).get("in_node")]
    return sum(spent_j) / booked["duration_s"] * item_s if spent_j else None


def times_text(repeat: Repeat) -> str:
    """Return what a trace's marks cannot tell of a repeat, as the text of its note `repeat_times`."""
    known = {"processor time": repeat.cpu_item_s, "fastest batch": repeat.fastest_item_s}
    parts = [f"{name} {value:.6g} s" for name, value in known.items() if value is not None]
    return f"per item: {', '.join(parts)}"


def with_times(repeat: Repeat, text: str | None) -> Repeat:
    """Return a repeat with the times of its note `repeat_times`; without one they stay unknown."""
    found = dict(re.findall(r"(processor time|fastest batch) ([\d.e+-]+) s", text or ""))
    cpu_s, fastest_s = found.get("processor time"), found.get("fastest batch")
    return replace(
        repeat,
        cpu_item_s=float(cpu_s) if cpu_s else None,
        fastest_item_s=float(fastest_s) if fastest_s else None,
    )


def _known_ratio(values: Sequence[float | None]) -> float | None:
    """Return the coefficient of variation where every value is known."""
    known = [value for value in values if value]
    return variation_ratio(known) if len(known) == len(values) else None


def variation_ratio(values: Sequence[float]) -> float | None:
    """Return the coefficient of variation: sample standard deviation / mean; None below two values."""
    if len(values) < 2:
        return None
    return statistics.stdev(values) / statistics.fmean(values)


def half_width_ratio(values: Sequence[float]) -> float | None:
    """Return the half-width of the mean's 95 % interval / mean, by Student's t; None below two values."""
    spread = variation_ratio(values)
    if spread is None:
        return None
    t = _T975[min(len(values) - 1, len(_T975)) - 1]
    return float(t * spread / len(values) ** 0.5)


def enough(repeats: Sequence[Repeat], repeats_min: int, repeats_max: int, target_ratio: float) -> bool:
    """Whether no further repeat is needed: enough undisturbed ones that meet the target, or the cap reached.

    The target is that of the energy per item, or of the time per item where some repeat has no energy.
    """
    if len(repeats) >= repeats_max:
        return True
    quiet = [repeat for repeat in repeats if not repeat.contended]
    if len(quiet) < repeats_min:
        return False
    energies_j = [repeat.item_j for repeat in quiet if repeat.item_j]
    metered = len(energies_j) == len(quiet)
    width = half_width_ratio(energies_j if metered else [repeat.item_s for repeat in quiet])
    return repeats_min < 2 or (width is not None and width <= target_ratio)


def _percent(ratio: float | None) -> str:
    return "an unknown share" if ratio is None else f"{ratio:.1%}"
