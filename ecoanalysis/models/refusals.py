"""Why a configuration gets no number: it cannot run, facts are missing, or nothing measured supports one."""

import math
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.device_sheet import sheet_hint
from ecoanalysis.models.domain import check
from ecoanalysis.models.fit import Book

WIDEST_RATIO = 30.0  # wider than this is no answer
_SHAPE = {"layers_count": "layers", "hidden_size": "hidden size", "heads_count": "heads"}


def impossible(config: Configuration, book: Book) -> EcoError | None:
    """Return why a configuration cannot run or is of a kind that was never fitted, None where it can be predicted."""
    try:
        check(config)
    except EcoError as error:
        return error
    if config.kind not in book.fits:
        return EcoError(
            f"no fit for energy per {config.item_unit}",
            f"eco import data with such rows, then eco fit; known: {', '.join(book.domains)}",
        )
    return None


def missing_facts(config: Configuration, row: dict[str, Any]) -> EcoError | None:
    """Return which facts the physics lacks of a configuration, described as `row`; None where it has them all."""
    bad = [name for name, value in row.items() if name.startswith("term_") and not _finite(value)]
    if not bad and "x_unknown" not in row:
        return None
    device, facts = config.device, config.facts
    of_device = {
        "memory bandwidth": device.bandwidth_bytes_per_s,
        f"peak rate in {config.precision}": device.peak_flops(config.precision),
        "memory size": device.memory_bytes,
    }
    of_model = {name: getattr(facts, field) for field, name in _SHAPE.items()}
    gaps = [f"the {name} of {device.name}" for name, value in of_device.items() if value is None]
    gaps += [f"the {name} of {facts.name}" for name, value in of_model.items() if value is None]
    hint = "--model with a config.json" if any(value is None for value in of_model.values()) else ""
    return EcoError(
        f"unknown: {', '.join(gaps) or ', '.join(bad)}",
        hint or sheet_hint(device),
    )


def unsupported(config: Configuration, tiers: list[str], width: float) -> EcoError | None:
    """Return that held-out groups show that a number would say nothing, None where the half-width [ln J] says some."""
    if math.exp(width) <= WIDEST_RATIO:
        return None
    ratio = f"{math.exp(width):.0f}" if width < math.log(1000) else "over 1,000"
    return EcoError(
        f"nothing measured supports a number for {config.facts.name} on {config.device.name}: new are its "
        f"{', '.join(tiers)}, and the 90 % interval would be ×/÷ {ratio}",
        "measure one run and give it as --anchors BATCH=JOULES, or name a measured --task and --framework",
    )


def _finite(value: Any) -> bool:
    """Return whether a value is a finite number."""
    return value is not None and math.isfinite(value)
