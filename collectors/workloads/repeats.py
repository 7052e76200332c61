"""How often a configuration is repeated, and how well its repeats agree: in themselves, and for the machine's speed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Student's t at 97.5 % by degrees of freedom (tables of Fisher & Yates); beyond 10 the tenth is used, which is wider.
_T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NOISY_RATIO = 0.05  # a coefficient of variation above this flags the configuration


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat: wall seconds per item, and what may have disturbed it.

    `cpu_item_s` is the processor time per item; `yardstick_s` the seconds that the fixed piece of work of
    `yardstick.py` took between the slices; `contended` says that something else had the machine; `steady` that
    warm-up ended because batch times had settled, not because its time was up.
    """

    item_s: float
    cpu_item_s: float | None = None
    yardstick_s: float | None = None
    contended: bool = False
    steady: bool = True


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the repeats of a configuration vary, as coefficients of variation (sample standard deviation / mean).

    `wall_ratio` is that of the time per item as the clock saw it. `paced_ratio` is that of the time per item
    divided by the yardstick's beside it: what is left once the machine's own speed, which varied by
    `machine_ratio`, is taken out. `cpu_ratio` is that of the processor time per item. None: not enough is known.
    """

    repeats_count: int
    wall_ratio: float | None
    paced_ratio: float | None
    machine_ratio: float | None
    cpu_ratio: float | None
    steady: bool

    @property
    def noisy(self) -> bool:
        """Whether the time per item, as the clock saw it, varies by more than `NOISY_RATIO`."""
        return self.wall_ratio is not None and self.wall_ratio > NOISY_RATIO

    @property
    def of_the_machine(self) -> bool:
        """Whether it is the machine that varies: the noise goes with its speed."""
        return self.noisy and self.paced_ratio is not None and self.paced_ratio <= NOISY_RATIO

    def __str__(self) -> str:
        machine = f"the machine's own speed, which varied by {_percent(self.machine_ratio)}"
        parts = [
            f"time per item varies by {_percent(self.wall_ratio)} over {self.repeats_count} repeats",
            f"by {_percent(self.paced_ratio)} once divided by {machine}",
            f"processor time per item by {_percent(self.cpu_ratio)}",
        ]
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
    paces = [one.yardstick_s for one in used if one.yardstick_s]
    known = len(paces) == len(used)
    cpu = [one.cpu_item_s for one in used if one.cpu_item_s is not None]
    return Agreement(
        len(used),
        variation_ratio([one.item_s for one in used]),
        variation_ratio([one.item_s / pace for one, pace in zip(used, paces, strict=True)])
        if known
        else None,
        variation_ratio(paces) if known else None,
        variation_ratio(cpu) if len(cpu) == len(used) else None,
        all(one.steady for one in used),
    )


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
    """Whether no further repeat is needed: enough undisturbed ones that meet the target, or the cap reached."""
    if len(repeats) >= repeats_max:
        return True
    quiet = [repeat.item_s for repeat in repeats if not repeat.contended]
    if len(quiet) < repeats_min:
        return False
    width = half_width_ratio(quiet)
    return repeats_min < 2 or (width is not None and width <= target_ratio)


def _percent(ratio: float | None) -> str:
    return "an unknown share" if ratio is None else f"{ratio:.1%}"
