"""A configuration with the facts that models of energy need."""

import re
from dataclasses import dataclass
from typing import Any

from ecoanalysis.identity.devices import DeviceSpec, find_device
from ecoanalysis.identity.models import ModelFacts, find_model
from ecoanalysis.identity.precisions import find_precision

KINDS = {
    "token": "token",
    "image": "image",
    "video": "image",
    "sample": "sample",
    "inference": "sample",
    "request": "request",
}
WALL_SAMPLE = "wall sample"
# Where a framework string names several things, what decides is what computes.
_BACKENDS = ("opencl", "neon", "ruy", "tensorrt", "cloud ai", "tensorflow")
# Shells around one engine.
_ENGINES = {
    "ollama": "llama.cpp",
    "llamacpp": "llama.cpp",
    "llama-cpp-python": "llama.cpp",
    "lmstudio": "llama.cpp",
}
# What a data set ran where its rows do not say: the weights' own 16 bits; inference engines quantise to 8, but for
# what loses too much by it: MLPerf's v1.0 results state precisions, and TensorRT ran these two in fp16 throughout.
_UNSTATED_PRECISION = "bf16"
_UNSTATED_OF_STACK = {"tensorrt": "int8", "cloud ai": "int8"}
_UNSTATED_OF_TASK = {("tensorrt", "bert-99.9"): "fp16", ("tensorrt", "rnnt"): "fp16"}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What runs on what, with the published facts of both.

    `kind`: token, image (videos too), request, sample, wall sample (of the whole machine, at the plug).

    `stack` is framework and version, or framework and data set where no version is stated. `is_other_version`: what
    runs is another version of that framework, or nobody says which.
    """

    kind: str
    item_unit: str
    task: str
    model: str
    facts: ModelFacts
    device: DeviceSpec
    precision: str
    batch_size: float
    devices_count: int = 1
    input_tokens: float | None = None
    output_tokens: float | None = None
    steps: int | None = None
    frames: int | None = None
    pixels: float | None = None
    stack: str = "unknown"
    scenario: str | None = None
    boundary: str = "board"
    is_expert_parallel: bool = False
    parallelism: str | None = None
    is_other_version: bool = False


def configuration_of(row: dict[str, Any]) -> Configuration | None:
    """Return the configuration of a measurement row; None where model, device, batch or kind is unknown."""
    facts, device = find_model(row["model"]), find_device(row["device"])
    kind = kind_of(row["item_unit"], row["boundary"])
    if facts is None or device is None or kind is None or device.tdp_w is None:
        return None
    precision = find_precision(row["precision"])
    parallelism, stack = row["parallelism"] or "", stack_of(row)
    return Configuration(
        kind=kind,
        item_unit=row["item_unit"],
        task=_task(row),
        model=row["model"],
        facts=facts,
        device=device,
        precision=precision.name if precision else _unstated(stack, str(row["task"])),
        batch_size=row["batch_size"] or row["nominal_batch_size"] or 1.0,
        devices_count=row["accelerators_count"] or 1,
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        steps=row["steps"],
        frames=row["frames"],
        pixels=pixels_of(row["input_shape"]),
        stack=stack,
        scenario=row["scenario"],
        boundary=row["boundary"] or "unknown",
        is_expert_parallel="ep" in parallelism,
        parallelism=parallelism or None,
    )


def kind_of(item_unit: str | None, boundary: str | None) -> str | None:
    """Return the kind of an item: samples at the wall are their own, for a server and its losses are in them."""
    kind = KINDS.get(item_unit or "")
    return WALL_SAMPLE if kind == "sample" and boundary == "wall" else kind


def _unstated(stack: str, task: str) -> str:
    """Return the precision that a stack runs a task in, as far as is known."""
    engine = next((name for name in _UNSTATED_OF_STACK if name in stack), "")
    return _UNSTATED_OF_TASK.get((engine, task)) or _UNSTATED_OF_STACK.get(engine, _UNSTATED_PRECISION)


def _task(row: dict[str, Any]) -> str:
    """Return the task; a chat with pictures is not a chat, for its prompts are longer."""
    return "mllm-chat" if row["modality"] == "multimodal" and row["task"] == "chat" else str(row["task"])


def stack_of(row: dict[str, Any]) -> str:
    """Return the name of a software stack: framework and version, or framework and data set without one."""
    detail = row["framework_version"] or row["dataset"] or "unknown"
    return f"{framework_of(row['framework'])} {detail}"


def framework_of(text: str | None) -> str:
    """Return the name of what computes in a framework's text: "vLLM==0.11" is vllm, "ollama" llama.cpp."""
    words = str(text or "unknown").lower()
    name = next((name for name in _BACKENDS if name in words), re.split(r"[\s=@]", words, maxsplit=1)[0])
    return _ENGINES.get(name, name)


def names_version(stack: str) -> bool:
    """Return whether a stack says which version it is: "vllm 0.11" does, the name of a data set does not."""
    return re.search(r"(?<!\w)v?\d", stack) is not None


def pixels_of(shape: str | None) -> float | None:
    """Return the pixels of a shape such as 1024x1024; None for anything else."""
    sides = (shape or "").lower().split("x")
    return (
        float(sides[0]) * float(sides[1])
        if len(sides) == 2 and all(side.isdigit() for side in sides)
        else None
    )
