"""What makes a prediction doubtful: its warnings, and what is refused."""

import math
from dataclasses import replace
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import DeviceSpec
from ecoanalysis.identity.models import doubt_of
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.frame import memory_ratio
from ecoanalysis.models.intervals import OTHER_VERSION_WIDTH
from ecoanalysis.models.tiers import BEYOND, shares_as_nobody_did
from ecoanalysis.models.tokens import cache_bytes, typical_input_tokens

_FULL_RATIO = 0.95
_ROOMY_RATIO, _MANY = (
    0.7,
    4,
)  # weights leave room for a cache; sharing among four times as many is not for memory
# Native number formats by the year of a device's architecture; earlier ones emulate them.
_SINCE = {"bf16": 2020, "fp8": 2022, "mxfp8": 2024, "mxfp4": 2024, "nvfp4": 2024, "fp4": 2024}


def check(config: Configuration) -> None:
    """Raise `EcoError` for a configuration that cannot run or makes no sense."""
    for name in ("batch_size", "devices_count", "input_tokens", "output_tokens", "steps", "frames", "pixels"):
        value = getattr(config, name)
        if value is not None and not (
            math.isfinite(value) and (value > 0 or (name == "input_tokens" and value == 0))
        ):
            raise EcoError(
                f"{name.replace('_', ' ')} is {value:g}: it must be positive", f"--{_FLAGS[name]} 1"
            )
    if (config.facts.params_count or 0) <= 0:
        raise EcoError(
            f"{config.model}: number of parameters unknown or not positive", "--model 7e9, or a config.json"
        )
    ratio = memory_ratio(config)
    if ratio > _FULL_RATIO:
        needed, doubt = math.ceil(ratio * config.devices_count / 0.9), doubt_of(config.model)
        smaller = (name for name in ("fp8", "int4") if memory_ratio(replace(config, precision=name)) <= 0.9)
        fitting = next((f"--precision {name}" for name in smaller), "a smaller precision")
        raise EcoError(
            f"{config.model} in {config.precision} does not fit: its weights take {ratio:.0%} of the memory of "
            f"{config.devices_count} × {config.device.name}",
            f"--gpus {needed}, or {fitting}" + (f"; {config.model} is {doubt}" if doubt else ""),
        )


_PLAIN = {"x_log_input": "prompt length", "x_log_output": "output length", "x_log_sparsity": "sparsity of experts",
          "x_log_devices": "number of devices", "x_log_tokens": "size of the picture"}  # fmt: skip
_FLAGS = {"batch_size": "batch-size", "devices_count": "gpus", "input_tokens": "input", "output_tokens": "output",
          "steps": "steps", "frames": "frames", "pixels": "resolution"}  # fmt: skip


def warnings_of(config: Configuration, row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return sentences about what makes a prediction doubtful."""
    return [*_of_software_and_names(config, row, domain), *_of_sizes(config, row, domain)]


def _of_software_and_names(config: Configuration, row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return sentences about what was never measured, and what it was measured at."""
    levels = domain["levels"]
    named = {
        "device": config.device.name,
        "precision": config.precision,
        "family": config.facts.family,
        "task": config.task,
    }
    found = [
        f"no measurement of {name} {value}" for name, value in named.items() if value not in levels[name]
    ]
    if row["stack"] not in levels["stack"]:
        found.append(
            f"no measurement of the software stack {row['stack']}: no accuracy is claimed, one run would help"
        )
    elif config.is_other_version:
        found.append(
            f"measured was {config.stack}: another version can differ by ×/÷ "
            f"{math.exp(OTHER_VERSION_WIDTH):.1f} (assumed)"
        )
    if row["boundary"] not in levels["boundary"]:
        found.append(f"energies are at the boundary {', '.join(levels['boundary'])}, not {row['boundary']}")
    return found


def _of_sizes(config: Configuration, row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return sentences about numbers beyond the measured, and what the device hardly bears."""
    found, (low, high) = [], domain["batch"]
    if shares_as_nobody_did(row, domain):
        most = math.exp(domain["ranges"]["x_log_devices"][1])
        found.append(f"{config.devices_count} devices at once: measured were at most {most:.0f}")
    if not low / BEYOND <= config.batch_size <= high * BEYOND:
        found.append(f"batch {config.batch_size:g} is far from the measured {low:g} to {high:g}")
    found += filter(None, (_sharing_warning(config), _memory_warning(config)))
    if not is_native(config.precision, config.device):
        year = config.device.year
        found.append(f"{config.device.name} ({year}) does not compute in {config.precision}: it is emulated")
    if config.device.match == "assumed" and config.device.match_note:
        found.append(f"device assumed: {config.device.match_note}")
    outside = [
        _PLAIN.get(name, name.removeprefix("x_").replace("log_", "").replace("_", " "))
        for name, (least, most) in domain["ranges"].items()
        if name in row and not least - 0.7 <= row[name] <= most + 0.7
    ]
    if outside:
        found.append(f"outside what was measured: {', '.join(outside)}")
    return found


def _sharing_warning(config: Configuration) -> str | None:
    """Return that copies of the model may be meant, where far fewer devices would hold it."""
    if config.kind != "token" or not config.device.memory_bytes:
        return None
    needed = math.ceil(memory_ratio(config) * config.devices_count / _ROOMY_RATIO)
    if config.devices_count < _MANY * needed:
        return None
    return (
        f"{config.devices_count} devices share a model that fits on {needed}: of copies side by side ask with "
        f"--gpus {needed}, and the batch of one"
    )


def is_native(precision: str, device: DeviceSpec) -> bool:
    """Return whether a device computes in a number format, by the year of its architecture; True where unknown."""
    since = _SINCE.get(precision)
    if precision == "bf16" and device.vendor in ("Google", "Intel"):  # had it before the GPUs
        return True
    return not (device.year and since and device.year < since)


def fitting_batch(config: Configuration) -> float:
    """Return how many sequences the memory holds beside the weights; infinite where items leave no cache."""
    free = (1 - memory_ratio(config)) * (config.device.memory_bytes or math.nan) * config.devices_count
    cache = cache_bytes(config.facts, _context(config)) if config.kind == "token" else 0.0
    return max(free, 0.0) / cache if cache else math.inf


def _context(config: Configuration) -> float:
    """Return the tokens that a sequence has in the end."""
    prompt = typical_input_tokens(config.task) if config.input_tokens is None else config.input_tokens
    return prompt + (config.output_tokens or 300.0)


def _memory_warning(config: Configuration) -> str | None:
    """Return that a batch does not fit, or hardly, with what weights and cache take; None where it does."""
    memory_gb = (config.device.memory_bytes or math.nan) * config.devices_count / 1e9
    weights_gb, fitting = memory_ratio(config) * memory_gb, fitting_batch(config)
    if config.batch_size > fitting:
        cache_gb = config.batch_size * cache_bytes(config.facts, _context(config)) / 1e9
        return (
            f"batch {config.batch_size:g} does not fit: {weights_gb:.3g} GB of weights and {cache_gb:.3g} GB of cache "
            f"({_context(config):.0f} tokens each) on {memory_gb:.3g} GB; at most {fitting:.0f} run at once"
        )
    if weights_gb * 1.2 > memory_gb:
        return "weights leave little memory for activations: the batch may not be reached"
    return None
