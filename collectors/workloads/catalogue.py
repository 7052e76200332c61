"""The models that the suites can name, with the dimensions and source of their published architectures."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_PATH = Path(__file__).parent / "models.toml"
REGRESSIONS = ("diabetes", "friedman")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model: what it is for, where it runs, and (neural models) the dimensions it is built from.

    `precisions` narrows what a framework offers, per framework. `params_approx` is for time and memory
    estimates only; what a run reports is counted in the loaded model. `hub` is the model's name on the hub.
    """

    name: str
    family: str
    modality: str
    task: str
    frameworks: tuple[str, ...]
    source: str
    datasets: tuple[str, ...] = ("",)
    sizes: tuple[int, ...] = (0,)
    output_tokens: tuple[int, ...] = (0,)
    precisions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    params_approx: float = 0.0
    hub: str | None = None
    architecture: dict[str, Any] = field(default_factory=dict)

    def task_on(self, dataset: str) -> str:
        """The task, which for tables depends on the data."""
        if self.task == "tabular":
            return "tabular-regression" if dataset in REGRESSIONS else "tabular-classification"
        return self.task


@cache
def catalogue() -> dict[str, ModelEntry]:
    """Return every model by name."""
    content = tomllib.loads(_PATH.read_text())
    return {name: _entry(name, dict(values)) for name, values in content.items()}


def _entry(name: str, values: dict[str, Any]) -> ModelEntry:
    for key in ("frameworks", "datasets", "sizes", "output_tokens"):
        if key in values:
            values[key] = tuple(values[key])
    if "precisions" in values:
        values["precisions"] = {key: tuple(value) for key, value in values["precisions"].items()}
    return ModelEntry(name=name, **values)
