"""How often a configuration is repeated: until its mean is known well enough, and no longer."""

import statistics
from collections.abc import Sequence

# Student's t at 97.5 % by degrees of freedom (tables of Fisher & Yates); beyond 10 the tenth is used, which is wider.
_T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NOISY_RATIO = 0.05  # a coefficient of variation above this flags the configuration


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


def enough(values: Sequence[float], repeats_min: int, repeats_max: int, target_ratio: float) -> bool:
    """Whether no further repeat is needed: the target is met, or the cap reached."""
    if len(values) >= repeats_max:
        return True
    if len(values) < repeats_min:
        return False
    width = half_width_ratio(values)
    return width is not None and width <= target_ratio
