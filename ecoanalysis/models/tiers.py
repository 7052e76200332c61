"""What a configuration extrapolates in: the tiers that its interval is made of."""

import math
from functools import lru_cache
from typing import Any

from ecoanalysis.identity.models import find_model
from ecoanalysis.models.frame import SIZES, architecture_of
from ecoanalysis.models.intervals import VERSION

BEYOND = 4.0  # within a factor of 4 of the measured range batches and sizes are within reach
_TWICE = math.log(2)
_TWIN_RATIO = 0.05


def tiers_of(row: dict[str, Any], domain: dict[str, Any]) -> list[str]:
    """Return the tiers that a configuration extrapolates in, from far to near; ["inside"] for none.

    Another version of a measured framework stands last: it only widens (see `intervals.OTHER_VERSION_WIDTH`).
    """
    levels = domain["levels"]
    novel = [name for name in ("stack", "device", "precision", "task") if row[name] not in levels[name]]
    if "task" not in novel and _is_of_other_size(row, domain["ranges"]):
        novel.append("task")
    if "stack" not in novel and shares_as_nobody_did(row, domain):
        novel.insert(0, "stack")
    if row["family"] not in levels["family"]:
        novel.append("family")
    elif not _has_twin(row, levels):
        novel.append("arch")
    low, high = domain["batch"]
    if not low * 0.9 <= row["batch_size"] <= high * 1.1:
        novel.append("batch")
    if not set(novel) - {"batch"} and not _is_measured(row, domain["sizes"].get(row["combination"])):
        novel.append("combination")
    return [*(novel or ["inside"]), *([VERSION] if row["is_other_version"] else [])]


def shares_as_nobody_did(row: dict[str, Any], domain: dict[str, Any]) -> bool:
    """Return whether an item runs on more devices at once than any measured: how is up to software nobody measured."""
    most = domain["ranges"].get("x_log_devices", [0.0, math.inf])[1]
    return bool(math.log(row["devices_count"]) > most + 0.01)


def _is_of_other_size(row: dict[str, Any], ranges: dict[str, list[float]]) -> bool:
    """Return whether an item is over four times as large or small as any measured: as far as another task's."""
    far = math.log(BEYOND)
    known = [name for name in SIZES if name in ranges]
    return not all(ranges[name][0] - far <= row[name] <= ranges[name][1] + far for name in known)


def _has_twin(row: dict[str, Any], levels: dict[str, Any]) -> bool:
    """Return whether a model, or a twin of it, was measured: same shape, and as many parameters, all and active."""
    if row["model"] in levels["model"]:
        return True
    asked = (row["params_count"], row["active_params_count"])
    return any(
        all(abs(mine / its - 1) <= _TWIN_RATIO for mine, its in zip(asked, sizes, strict=True))
        for sizes in _sizes_by_shape(tuple(levels["model"])).get(row["arch"], ())
    )


@lru_cache
def _sizes_by_shape(models: tuple[str, ...]) -> dict[str, list[tuple[float, float]]]:
    """Return parameters, all and active, of the measured models of each shape."""
    found: dict[str, list[tuple[float, float]]] = {}
    for facts in filter(None, map(find_model, models)):
        if facts.params_count:
            sizes = (float(facts.params_count), float(facts.active_params_count or facts.params_count))
            found.setdefault(architecture_of(facts), []).append(sizes)
    return found


def _is_measured(row: dict[str, Any], sizes: dict[str, list[float]] | None) -> bool:
    """Return whether a combination was measured, with items of half to twice the size that is asked about."""
    if sizes is None:
        return False
    return all(least - _TWICE <= row[name] <= most + _TWICE for name, (least, most) in sizes.items())
