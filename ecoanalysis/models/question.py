"""Turn what a user says about a configuration into one that models understand."""

import math
from collections.abc import Mapping
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import DeviceSpec
from ecoanalysis.identity.key import counted
from ecoanalysis.identity.models import ModelFacts, published_format
from ecoanalysis.identity.precisions import Precision, find_precision
from ecoanalysis.identity.suffix import precision_in, unclear_format
from ecoanalysis.models.anchor_sources import OWN, anchors_of_text
from ecoanalysis.models.configuration import WALL_SAMPLE, Configuration, framework_of, pixels_of
from ecoanalysis.models.device_sheet import device_facts
from ecoanalysis.models.domain import is_native
from ecoanalysis.models.fit import Book
from ecoanalysis.models.images import denoiser_of
from ecoanalysis.models.model_config import model_facts
from ecoanalysis.models.prediction import Anchor, Question
from ecoanalysis.models.stacks import LOCAL, known_stack
from ecoanalysis.models.tokens import typical_input_tokens

# What a model of a kind makes, where the user does not say what energy is counted per; others take samples.
_MADE = {
    "diffusion": "image", "dense": "token", "moe": "token", "hybrid": "token", "recurrent": "token",
    "per-layer-embedding": "token", "vision-language": "token",
}  # fmt: skip
_TASKS = {
    "token": "chat",
    "image": "text-to-image",
    "video": "text-to-video",
    "sample": "inference",
    "request": "mmlu",
}
_KINDS = {"token": "token", "image": "image", "video": "image", "sample": "sample", "request": "request"}

_LOCAL_FORMAT = "q4_k_m"  # what the library of models of a desk's software gives unless told otherwise
_USUAL_BATCH = {"token": 32.0, "image": 32.0}  # others are measured one at a time
_USUAL = {
    "token": {"input": "{:.0f} tokens, the task's usual", "output": "300 tokens"},
    "image": {"resolution": "1024x1024", "steps": "25"},
}


def question_of(answers: Mapping[str, Any], book: Book) -> Question:
    """Return the question that answers make: a configuration (see `ask`), throughput, anchors, region and PUE.

    Raises `EcoError` naming what is unknown, missing or not a number.
    """
    config, assumed = ask(answers, book)
    throughput = _number(answers, "throughput")
    if throughput is not None and throughput <= 0:
        raise EcoError(
            f"throughput is {throughput:g}: it must be positive", "--throughput 1500 (items per second)"
        )
    pue = _number(answers, "pue")
    if pue is not None and pue < 1:
        raise EcoError(f"PUE is {pue:g}: it is at least 1", "--pue 1.2")
    return Question(
        config, throughput, _anchors(answers), answers.get("region") or None,
        pue, tuple(assumed),
    )  # fmt: skip


def _anchors(answers: Mapping[str, Any]) -> tuple[Anchor, ...]:
    """Return the anchors that are typed or in a file; those of the user's own database are added later."""
    text = answers.get("anchors")
    return anchors_of_text(str(text)) if text and text != OWN else ()


def ask(answers: Mapping[str, Any], book: Book) -> tuple[Configuration, list[str]]:
    """Return the configuration and what was assumed; missing answers take the usual value, and say so.

    `answers`: model, device, precision, batch_size, gpus, input, output, steps, frames, resolution, framework,
    task, item, scenario. Raises `EcoError` naming what is unknown or missing.
    """
    for name, example in (("model", "Qwen/Qwen3-8B"), ("device", "H100")):
        if not answers.get(name):
            raise EcoError(f"no {name} is given", f"--{name} {example}")
    facts, assumed = model_facts(str(answers["model"]))
    gpus, device_name = _counted(answers)
    device, item = device_facts(device_name), _item(answers, facts)
    kind = _kind(item, answers, book)
    usual = _usual(book, kind, facts.name)
    precision = _precision(answers, device, usual[2] if usual else _usual_format(answers, facts))
    is_local = framework_of(answers.get("framework") or precision.stack) == LOCAL
    task, batch_size = (
        usual[:2] if usual else (_TASKS[item], 1.0 if is_local else _USUAL_BATCH.get(kind, 1.0))
    )
    task, batch = answers.get("task") or task, _number(answers, "batch_size")
    assumed += _taken(
        answers, kind, {"precision": precision.name, "task": task, "batch size": f"{batch_size:g}"}
    )
    stack, is_other_version = known_stack(answers.get("framework"), book, kind, assumed, precision)
    return Configuration(
        kind=kind, item_unit=item, task=task, model=str(answers["model"]),
        facts=facts, device=device, precision=precision.name, batch_size=batch_size if batch is None else batch,
        devices_count=gpus,
        input_tokens=_number(answers, "input"), output_tokens=_number(answers, "output"),
        steps=_whole(answers, "steps"), frames=_whole(answers, "frames"), pixels=_pixels(answers),
        stack=stack, scenario=answers.get("scenario"), boundary=_boundary(book, kind),
        is_expert_parallel=bool(answers.get("expert_parallel")), is_other_version=is_other_version,
    ), assumed  # fmt: skip


def _taken(answers: Mapping[str, Any], kind: str, taken: Mapping[str, str]) -> list[str]:
    """Return a sentence for each answer that the user left open, of what was taken for it."""
    found = []
    if (
        answers.get("batch_size") in (None, "") and kind != WALL_SAMPLE
    ):  # there the scenario says how samples come
        found.append(
            f"batch size: {taken['batch size']}; nothing changes the energy more, so say it with --batch-size"
        )
    for name in ("precision", "task"):
        if not answers.get(name):
            by_name = name == "precision" and precision_in(str(answers["model"])) is not None
            found.append(f"{name}: {taken[name]}" + (", as the model's name says" if by_name else ""))
    usual_input = typical_input_tokens(taken["task"])
    found += [
        f"{name}: {text.format(usual_input)}"
        for name, text in _USUAL.get(kind, {}).items()
        if not answers.get(name)
    ]
    if answers.get("scenario") and not kind.endswith("sample"):
        found.append(
            f"scenario {answers['scenario']}: left out, it is of samples; others are asked about by their batch"
        )
    return found


def _usual_format(answers: Mapping[str, Any], facts: ModelFacts) -> str | None:
    """Return the format that weights usually have: as published, on a desk 4 bits; None for the device's 16 bits."""
    published = published_format(facts.name)
    is_local = framework_of(answers.get("framework")) == LOCAL
    return _LOCAL_FORMAT if is_local and published != "mxfp4" else published


def _counted(answers: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many devices are asked about, and their name: "8 x H100" says both. `EcoError` for two counts."""
    gpus, name = _whole(answers, "gpus"), str(answers["device"])
    count, rest = counted(name)
    if count and gpus not in (None, count):
        raise EcoError(f"{name!r} and --gpus {gpus} are two counts", f"--device {rest!r} --gpus {gpus}")
    return count or (1 if gpus is None else gpus), rest


def _usual(book: Book, kind: str, model: str) -> tuple[str, float, str] | None:
    """Return task, batch and precision of a model's first measured sample; None for other kinds, or without any."""
    rows = book.nearest.get(kind, []) if kind in ("sample", WALL_SAMPLE, "request") else []
    found = (row for row in rows if row["model"] == model)
    return next(((row["task"], row["batch_size"], row["precision"]) for row in found), None)


def _precision(answers: Mapping[str, Any], device: DeviceSpec, usual: str | None) -> Precision:
    """Return the number format that is asked for, else the one that the model's name says ("Qwen3-8B-AWQ" is int4).

    Without either the usual one, or the 16-bit format that the device computes in. Raises `EcoError` for a format
    that is unknown, or that the name leaves open ("exl2", "UD-Q4_K_XL").
    """
    asked = answers.get("precision")
    named = None if asked else precision_in(str(answers["model"]))
    if not asked and (unclear := unclear_format(str(answers["model"]))):
        text = f"the model's name says {unclear}: how many bits a weight takes is not known"
        raise EcoError(text, "--precision q4_k_m, int4, fp8 …")
    found = named or find_precision(asked or usual or ("bf16" if is_native("bf16", device) else "fp16"))
    if found is None:
        raise EcoError(f"unknown precision {asked!r}", "--precision bf16, fp16, fp8, int8, nf4, q4_k_m …")
    return found


def _item(answers: Mapping[str, Any], facts: ModelFacts) -> str:
    """Return what energy is counted per: as said, else what the model makes."""
    makes_videos = facts.kind == "diffusion" and (
        answers.get("frames") or denoiser_of(facts).frames_per_token > 1
    )
    item = answers.get("item") or ("video" if makes_videos else _MADE.get(facts.kind, "sample"))
    if item not in _KINDS:
        raise EcoError(f"unknown item {item!r}", f"--item with one of: {', '.join(_KINDS)}")
    if item == "video" and not answers.get("frames"):
        raise EcoError("of how many frames the video is, is not said", "--frames 81")
    return str(item)


def _kind(item: str, answers: Mapping[str, Any], book: Book) -> str:
    """Return the kind of an item: samples with a scenario, or where no others are known, are at the wall."""
    kind = _KINDS[item]
    at_wall = (
        kind == "sample" and WALL_SAMPLE in book.fits and (answers.get("scenario") or kind not in book.fits)
    )
    return WALL_SAMPLE if at_wall else kind


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
