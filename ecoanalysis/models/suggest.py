"""Which runs would narrow a prediction most: chosen by the interval expected after each, as ready command lines."""

import math
import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from ecoanalysis.identity.key import model_key
from ecoanalysis.models.anchor_design import best_runs, curve_of, half_widths_after
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.domain import fitting_batch
from ecoanalysis.models.fit import Book
from ecoanalysis.models.prediction import Prediction

_LARGEST = 1024
_PROMPT, _ANSWER = 128, 64  # tokens, as the gpu suite has them
# What the suite calls the number formats that it makes itself.
_SUITE_PRECISIONS = {"fp32": "fp32", "tf32": "tf32", "fp16": "fp16", "bf16": "bf16", "fp8": "fp8",
                     "int8": "int8-weight", "int4": "int4-weight"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Runs that would narrow a deployment's curve most.

    `before` and each run's second number are expected half-widths (×/÷) of the 90 % interval, the mean over the
    batches `about`; `suite` is a suite file for `eco-collect suite`, None for a model that the suite does not have.
    """

    configuration: Configuration
    about: tuple[float, ...]
    before: float
    runs: tuple[tuple[float, float], ...]
    lines: tuple[str, ...]
    suite: str | None


def suggest(found: Sequence[Prediction], book: Book, count: int = 3) -> Suggestion:
    """Return the `count` runs of the first prediction's deployment that leave the narrowest intervals.

    About: the batches that are asked about; of one, all that fit the memory, for its own run would answer it alone.
    Candidates are powers of two and the batches asked about, those that fit.
    """
    config = found[0].configuration
    fitting = max(1.0, fitting_batch(config))
    powers = [2.0**power for power in range(int(math.log2(min(fitting, _LARGEST))) + 1)]
    alike = replace(config, batch_size=1.0)
    batches = [one.configuration for one in found if replace(one.configuration, batch_size=1.0) == alike]
    asked = {one.batch_size for one in batches if one.batch_size <= fitting}
    about = tuple(sorted(asked)) if len(asked) > 1 else tuple(sorted({*powers, *asked}))
    curve = curve_of(book.intervals[config.kind]).scaled_to(math.log(found[0].half_width_ratio))
    before = float(half_widths_after(curve, [], about).mean())
    runs = best_runs(curve, sorted({*powers, *asked}), about, count)
    chosen = sorted(batch for batch, _ in runs)
    return Suggestion(
        config, about, math.exp(before), tuple((batch, math.exp(width)) for batch, width in runs),
        tuple(_run_line(config, batch) for batch in chosen), _suite(config, chosen),
    )  # fmt: skip


def _run_line(config: Configuration, batch: float) -> str:
    """Return the line that records a run of the user's own program at a batch."""
    parts = ["eco-collect", "run", "--model", config.facts.name, "--precision", config.precision]
    parts += ["--batch-size", f"{batch:g}", "--item-unit", config.item_unit, "--task", config.task]
    parts += ["--framework", config.stack.split(" ")[0], "--items", "N"]
    return f"{shlex.join(parts)} -- COMMAND"


def _suite(config: Configuration, batches: list[float]) -> str | None:
    """Return a suite file of the runs, None where the collectors' catalogue lacks the model or the precision."""
    name, precision = _catalogued(config.facts.name), _SUITE_PRECISIONS.get(config.precision)
    if name is None or precision is None:
        return None
    device = "cuda" if config.device.vendor == "NVIDIA" else "cpu"
    sizes = ", ".join(f"{batch:g}" for batch in batches)
    prompt, answer = config.input_tokens or _PROMPT, config.output_tokens or _ANSWER
    lengths = f"sizes = [{prompt:.0f}]\noutput_tokens = [{answer:.0f}]\n" if config.kind == "token" else ""
    return (
        f'title = "Runs that narrow the prediction of {config.facts.name} on {config.device.name}"\n\n[[grid]]\n'
        f'frameworks = ["transformers"]\nmodels = ["{name}"]\ndevices = ["{device}"]\n'
        f'precisions = ["{precision}"]\nbatch_sizes = [{sizes}]\n{lengths}'
    )


def _catalogued(model: str) -> str | None:
    """Return what the collectors' suite calls a model: read as data, for the analysis imports no workload."""
    text = files("collectors").joinpath("workloads/models.toml").read_text(encoding="utf-8")
    return next((name for name in tomllib.loads(text) if model_key(name) == model_key(model)), None)
