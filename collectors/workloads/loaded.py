"""What a workload hands back once its model is in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.workloads.case import Facts


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found in the loaded model: the proof of its precision.

    `bytes_by_dtype` are the weights' bytes by stored type; `computes` the types that results or activations
    had; `kernels` the names of the quantised modules, graph nodes or functions that do the work.
    """

    bytes_by_dtype: dict[str, int]
    computes: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()

    def __str__(self) -> str:
        stored = ", ".join(f"{name} {count} B" for name, count in sorted(self.bytes_by_dtype.items()))
        return (
            f"stored: {stored}; computed in: {', '.join(self.computes)}; kernels: {', '.join(self.kernels)}"
        )


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the loaded model answers on data that it has not seen, and by which metric."""

    value: float
    metric: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the work with a phase of its own: `step` does one batch and returns the items finished."""

    phase: str
    step: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, ready to run.

    `inspect` counts the model and collects the proof of its precision, outside any recording. `synchronize`
    returns when the device has finished what it was given; `quality` is None where the weights are random,
    for then there is nothing to score.
    """

    stages: tuple[Stage, ...]
    inspect: Callable[[], tuple[Facts, Evidence]]
    quality: Callable[[], Quality] | None = None
    synchronize: Callable[[], None] = field(default=lambda: None)
