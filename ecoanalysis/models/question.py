"""Turn what a user says about a configuration into one that models understand."""

import math
from collections.abc import Mapping
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import DeviceSpec, find_device, near_devices
from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.models.configuration import WALL_SAMPLE, Configuration, pixels_of
from ecoanalysis.models.fit import Book
from ecoanalysis.models.model_config import model_facts

_DIFFUSION = "diffusion"
_TASKS = {
    "token": "chat",
    "image": "text-to-image",
    "video": "text-to-video",
    "sample": "inference",
    "request": "mmlu",
}
_KINDS = {"token": "token", "image": "image", "video": "image", "sample": "sample", "request": "request"}

_USUAL = {
    "token": {"input": "as the task's", "output": "300"},
    "image": {"resolution": "1024x1024", "steps": "25"},
}


def ask(answers: Mapping[str, Any], book: Book) -> tuple[Configuration, list[str]]:
    """Return the configuration and what was assumed; missing answers take the usual value, and say so.

    `answers`: model, device, precision, batch_size, gpus, input, output, steps, frames, resolution, framework,
    task, item, scenario. Raises `EcoError` naming what is unknown or missing.
    """
    for name, example in (("model", "Qwen/Qwen3-8B"), ("device", "H100")):
        if not answers.get(name):
            raise EcoError(f"no {name} is given", f"--{name} {example}")
    facts, assumed = model_facts(str(answers["model"]))
    device, item = _device(str(answers["device"])), _item(answers, facts)
    kind = _kind(item, answers, book)
    precision = find_precision(answers.get("precision") or "bf16")
    if precision is None:
        raise EcoError(
            f"unknown precision {answers['precision']!r}", "--precision bf16, fp16, fp8, int8, nf4, q4_k_m …"
        )
    usual_task, usual_batch = _usual(book, kind, facts.name) or (_TASKS[item], 32.0)
    batch = _number(answers, "batch_size")
    if batch is None:
        assumed.append(
            f"batch size assumed: {usual_batch:g}; nothing changes the energy more, so say it with --batch-size"
        )
    for name, usual in (("precision", "bf16"), ("task", usual_task)):
        if not answers.get(name):
            assumed.append(f"{name} assumed: {usual}")
    for name, value in _USUAL.get(kind, {}).items():
        if not answers.get(name):
            assumed.append(f"{name} assumed: {value}")
    stack = known_stack(answers.get("framework"), book, kind, assumed)
    return Configuration(
        kind=kind, item_unit=item, task=answers.get("task") or usual_task, model=str(answers["model"]),
        facts=facts, device=device, precision=precision.name, batch_size=usual_batch if batch is None else batch,
        devices_count=1 if (gpus := _whole(answers, "gpus")) is None else gpus,
        input_tokens=_number(answers, "input"), output_tokens=_number(answers, "output"),
        steps=_whole(answers, "steps"), frames=_whole(answers, "frames"), pixels=_pixels(answers),
        stack=stack, scenario=answers.get("scenario"), boundary=_boundary(book, kind),
        is_expert_parallel=bool(answers.get("expert_parallel")),
    ), assumed  # fmt: skip


def _usual(book: Book, kind: str, model: str) -> tuple[str, float] | None:
    """Return task and batch of the first measured sample of a model; None for other kinds, or where there is none."""
    rows = book.nearest.get(kind, []) if kind in ("sample", WALL_SAMPLE, "request") else []
    return next(((row["task"], row["batch_size"]) for row in rows if row["model"] == model), None)


def _device(name: str) -> DeviceSpec:
    """Return the data sheet of a device; `EcoError` with near names for an unknown one."""
    device = find_device(name)
    if device is None or device.tdp_w is None:
        near = ", ".join(near_devices(name))
        raise EcoError(f"unknown device {name!r}", f"--device with one of: {near or 'H100, A100, RTX 4090'}")
    return device


def _item(answers: Mapping[str, Any], facts: ModelFacts) -> str:
    """Return what energy is counted per: as said, else what the model makes."""
    made = "token" if facts.layers_count and facts.vocab_size else "sample"
    item = answers.get("item") or ("image" if facts.kind == _DIFFUSION else made)
    if item not in _KINDS:
        raise EcoError(f"unknown item {item!r}", f"--item with one of: {', '.join(_KINDS)}")
    return str(item)


def _kind(item: str, answers: Mapping[str, Any], book: Book) -> str:
    """Return the kind of an item: samples with a scenario, or where no others are known, are at the wall."""
    kind = _KINDS[item]
    at_wall = (
        kind == "sample" and WALL_SAMPLE in book.fits and (answers.get("scenario") or kind not in book.fits)
    )
    return WALL_SAMPLE if at_wall else kind


def known_stack(framework: str | None, book: Book, kind: str, assumed: list[str]) -> str:
    """Return the measured software stack that a framework's name means; the newest of several, and says which."""
    levels = book.domains.get(kind, {}).get("levels", {}).get("stack", [])
    if framework is None:
        found = [stack for stack in levels if stack.startswith(("vllm", "diffusers"))] or levels
    else:
        found = [
            stack
            for stack in levels
            if stack == framework.lower() or stack.split(" ")[0] == framework.lower().split(" ")[0]
        ]
    if not found:
        return (framework or "unknown").lower()
    if framework is None or len(found) > 1 or found[-1] != framework.lower():
        assumed.append(f"software stack assumed: {found[-1]}")
    chosen: str = found[-1]
    return chosen


def _boundary(book: Book, kind: str) -> str:
    """Return the boundary at which energies of a kind were measured."""
    levels = book.domains.get(kind, {}).get("levels", {}).get("boundary", ["board"])
    return str(levels[0])


def _number(answers: Mapping[str, Any], name: str, *, whole: bool = False) -> float | None:
    """Return a number that the user gave; `EcoError` for text or NaN."""
    value = answers.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise EcoError(
            f"{name.replace('_', ' ')} {value!r} is not a number", f"--{name.replace('_', '-')} 1"
        ) from error
    if not math.isfinite(number) or (whole and number != round(number)):
        raise EcoError(
            f"{name.replace('_', ' ')} {value!r} is not a whole number", f"--{name.replace('_', '-')} 1"
        )
    return number


def _whole(answers: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number that the user gave."""
    number = _number(answers, name, whole=True)
    return None if number is None else int(number)


def _pixels(answers: Mapping[str, Any]) -> float | None:
    """Return the pixels of a resolution such as 1024x1024."""
    text = answers.get("resolution")
    if not text:
        return None
    pixels = pixels_of(str(text))
    if not pixels:
        raise EcoError(f"resolution {text!r} is not width x height", "--resolution 1024x1024")
    return pixels
