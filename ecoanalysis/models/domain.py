"""What a prediction extrapolates: its tier, its warnings, and what is refused."""

import math
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import DeviceSpec
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.frame import memory_ratio
from ecoanalysis.models.tokens import cache_bytes, typical_input_tokens

_TWICE = math.log(2)
_BEYOND = 4.0  # batches within a factor of 4 of the measured range are within reach
_FULL_RATIO = 0.95
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
        needed = math.ceil(ratio * config.devices_count / 0.9)
        raise EcoError(
            f"{config.model} in {config.precision} does not fit: its weights take {ratio:.0%} of the memory of "
            f"{config.devices_count} × {config.device.name}",
            f"--gpus {needed}, or a smaller precision",
        )


_FLAGS = {"batch_size": "batch-size", "devices_count": "gpus", "input_tokens": "input", "output_tokens": "output",
          "steps": "steps", "frames": "frames", "pixels": "resolution"}  # fmt: skip


def tiers_of(row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return the tiers that a configuration extrapolates in, from far to near; ["inside"] for none."""
    levels = domain["levels"]
    novel = [name for name in ("stack", "device", "precision", "task") if row[name] not in levels[name]]
    if row["family"] not in levels["family"]:
        novel.append("family")
    elif row["arch"] not in levels["arch"]:
        novel.append("arch")
    low, high = domain["batch"]
    if not low * 0.9 <= row["batch_size"] <= high * 1.1:
        novel.append("batch")
    if not set(novel) - {"batch"} and not _is_measured(row, domain["sizes"].get(row["combination"])):
        novel.append("combination")
    return novel or ["inside"]


def _is_measured(row: dict[str, Any], sizes: dict[str, list[float]] | None) -> bool:
    """Return whether a combination was measured, with items of half to twice the size that is asked about."""
    if sizes is None:
        return False
    return all(least - _TWICE <= row[name] <= most + _TWICE for name, (least, most) in sizes.items())


def warnings_of(config: Configuration, row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return sentences about what makes a prediction doubtful."""
    found = []
    levels, (low, high) = domain["levels"], domain["batch"]
    named = {
        "device": config.device.name,
        "precision": config.precision,
        "family": config.facts.family,
        "task": config.task,
    }
    found += [
        f"no measurement of {name} {value}" for name, value in named.items() if value not in levels[name]
    ]
    if row["stack"] not in levels["stack"]:
        found.append(
            f"no measurement of the software stack {row['stack']}: no accuracy is claimed, one run would help"
        )
    if row["boundary"] not in levels["boundary"]:
        found.append(f"energies are at the boundary {', '.join(levels['boundary'])}, not {row['boundary']}")
    if not low / _BEYOND <= config.batch_size <= high * _BEYOND:
        found.append(f"batch {config.batch_size:g} is far from the measured {low:g} to {high:g}")
    if sentence := _memory_warning(config):
        found.append(sentence)
    if not is_native(config.precision, config.device):
        year = config.device.year
        found.append(f"{config.device.name} ({year}) does not compute in {config.precision}: it is emulated")
    if config.device.match == "assumed" and config.device.match_note:
        found.append(f"device assumed: {config.device.match_note}")
    outside = [
        name.removeprefix("x_").replace("_", " ")
        for name, (least, most) in domain["ranges"].items()
        if name in row and not least - 0.7 <= row[name] <= most + 0.7
    ]
    if outside:
        found.append(f"outside what was measured: {', '.join(outside)}")
    return found


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
