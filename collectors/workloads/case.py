"""One configuration of the inference suite, before anything is loaded."""

import json
from dataclasses import asdict, dataclass, replace

from collectors.trace.records import Config, content_id, format_id


@dataclass(frozen=True, slots=True)
class Case:
    """A point of the grid: what will be loaded, in which precision, and how it will be driven.

    `size` is the prompt length [tokens], the image side [pixels] or the audio length [frames]; 0 for tables.
    `device` is "cpu" or "cuda". `threads` is the number of compute threads that the framework may use.
    `variant` names how it is implemented: "sound", or a fault of the `implementation` suite.
    """

    task: str
    modality: str
    family: str
    model: str
    framework: str
    precision: str
    batch_size: int
    dataset: str = ""
    size: int = 0
    output_tokens: int = 0
    threads: int = 1
    device: str = "cpu"
    variant: str = "sound"

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits: equal cases have equal keys, in every suite and on every machine."""
        return format_id(content_id(asdict(self)))

    @property
    def program(self) -> tuple[str, str, str]:
        """What shares a child process: the cases of one model in one framework on one data set."""
        return (self.framework, self.model, self.dataset)

    @property
    def label(self) -> str:
        """The case as people read it, in one line."""
        size = f" size {self.size}" if self.size else ""
        fault = "" if self.variant == "sound" else f" [{self.variant}]"
        return (
            f"{self.framework} {self.model} {self.dataset} {self.precision} batch {self.batch_size}"
            f"{size} threads {self.threads}{fault}"
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What was counted in the loaded model. `None` is not known.

    `params_count` counts every stored number; `active_params_count` those that one item touches.
    `item_bytes` is what one item moves besides weights [bytes]; `source` says by which rule all was counted.
    """

    params_count: int | None
    weight_bytes: int | None
    source: str
    active_params_count: int | None = None
    active_weight_bytes: int | None = None
    flops_per_item: float | None = None
    item_bytes: float | None = None
    input_shape: str | None = None
    item_unit: str = "inference"
    framework_version: str | None = None
    weights: str = "trained"  # trained, seeded random, or the place they were loaded from


def to_json(case: Case) -> str:
    """Return a case as one line of JSON."""
    return json.dumps(asdict(case), separators=(",", ":"))


def from_json(text: str) -> Case:
    """Return the case of a line of JSON."""
    return Case(**json.loads(text))


def config(case: Case, facts: Facts | None = None) -> Config:
    """Return the configuration that the trace records for a case.

    bytes_per_item = (weights that an item touches) / batch size + what the item itself moves: one pass
    over the weights serves the whole batch.
    """
    base = Config(
        task=case.task,
        model=case.model,
        framework=case.framework,
        precision=case.precision,
        batch_size=float(case.batch_size),
        modality=case.modality,
        family=case.family,
        variant=case.variant,
        input_tokens=float(case.size) if case.modality == "text" else None,
        output_tokens=float(case.output_tokens) if case.output_tokens else None,
        threads=case.threads,
        accelerators_count=0 if case.device == "cpu" else 1,
        dataset=case.dataset or None,
        extra=json.dumps({"case": case.key, "device": case.device, "size": case.size}, sort_keys=True),
    )
    if facts is None:
        return base
    touched = facts.active_weight_bytes if facts.active_weight_bytes is not None else facts.weight_bytes
    moved = None
    if touched is not None and facts.item_bytes is not None:
        moved = touched / case.batch_size + facts.item_bytes
    return replace(
        base,
        framework_version=facts.framework_version,
        item_unit=facts.item_unit,
        input_shape=facts.input_shape,
        params_count=facts.params_count,
        active_params_count=facts.active_params_count,
        weight_bytes=facts.weight_bytes,
        flops_per_item=facts.flops_per_item,
        bytes_per_item=moved,
        facts_source=f"{facts.source}; weights: {facts.weights}",
    )
