"""A fixed piece of work that is timed beside a workload: how fast the machine is just then.

On shared or thermally limited hardware the same instructions take 10 to 25 % longer or shorter from one second to
the next, because a neighbour uses the other half of a core, its caches or its thermal budget. The yardstick
runs in a short burst before each slice of a window, on the same cores, so that a change of the machine is seen as
such and not taken for a property of the configuration.

It mixes interpreted integer arithmetic with vector arithmetic over 384 kB. In trials with six scikit-learn
configurations on a busy virtual machine, dividing CPU times by kindred mixtures left 4 to 12 % of variation out of
12 to 21 %; a hash over 64 kB hardly noticed the neighbours (2 %) and was of no use. This very mixture was not among
those tried; in `data/reference`, in the session of variants, it brings 25 of 71 steady configurations within 5 % where
6 were. The raw variation is always told beside what it gives.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

PHASE = "yardstick"
_SUMS = 40_000  # about 2 ms of interpreted arithmetic
_PASSES = 100  # about 2 ms of vector arithmetic
_NUMBERS = 16_384


def burst() -> None:
    """Do the fixed work once, on one core. The phase `yardstick` counts no items: they would be taken for the run's."""
    total = 0
    for number in range(_SUMS):
        total += number * number
    multiply, add, (a, b, out) = _vectors()
    for _ in range(_PASSES):
        multiply(a, b, out=out)
        add(out, a, out=out)


@cache
def _vectors() -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, Any, Any]]:
    import numpy as np  # every framework of the suite brings it

    a = np.linspace(0.0, 1.0, _NUMBERS)
    return np.multiply, np.add, (a, a[::-1].copy(), np.empty(_NUMBERS))
