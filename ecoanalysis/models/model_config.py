"""Facts of the model that a user names: by its name, its config.json, or a number of parameters alone."""

import math
import re
from dataclasses import replace
from pathlib import Path

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.models import ModelFacts, all_models, doubt_of, find_model, near_models
from ecoanalysis.models.config_json import facts_of_config

_SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_COUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kmbt]?)", re.IGNORECASE)


def model_facts(answer: str) -> tuple[ModelFacts, list[str]]:
    """Return a model's facts and what was assumed, from its name, a config.json or its folder, or a size (7e9, 7B).

    Raises `EcoError` for a name that the tables do not have, and for a size that is not positive.
    """
    path = Path(answer)
    if answer.endswith(".json"):
        return facts_of_config(path)
    if (path / "config.json").is_file():
        return facts_of_config(path / "config.json")
    if match := _COUNT.fullmatch(answer.strip()):
        count = float(match[1]) * _SUFFIX.get(match[2].lower(), 1.0)
        if not count > 0 or not math.isfinite(count):
            raise EcoError(f"a model of {answer} parameters does not exist", "--model 7e9")
        return _facts_of_size(count)
    found = find_model(answer)
    if found is None:
        near = near_models(answer)
        known = f"; known and alike: {', '.join(near)}" if near else ""
        raise EcoError(
            f"unknown model {answer!r}{known}", "--model path/to/config.json, or its parameters: --model 7e9"
        )
    doubt = doubt_of(answer)
    return found, [f"model: {doubt}"] if doubt else []


def _facts_of_size(count: float) -> tuple[ModelFacts, list[str]]:
    """Return the facts of the dense model nearest in size, with the size that was asked for."""
    dense = [
        fact
        for fact in all_models()
        if fact.kind == "dense" and fact.layers_count and fact.params_count and fact.hidden_size
    ]
    alike = min(dense, key=lambda fact: abs(math.log((fact.params_count or 1) / count)))
    size = round(count)
    named = replace(
        alike, name=f"{count:.3g} parameters", params_count=size, active_params_count=size, family="unknown"
    )
    return named, [f"architecture: dense, shaped like {alike.name}; a config.json narrows this"]
