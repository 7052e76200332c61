"""Measurements with a known truth, in the frame that studies read."""

import numpy as np
import polars as pl

from ecoanalysis.store.queries import MEASUREMENT_SCHEMA

EXTRA = {"base_model": pl.String, "setup": pl.String}


def measurements(rows: list[dict[str, object]]) -> pl.DataFrame:
    """A frame of measurements; what a row does not say is a plain default."""
    default = {
        "dataset": "planted",
        "device": "board A",
        "device_kind": "gpu",
        "devices_count": 1,
        "boundary": "board",
        "basis": "measured",
        "idle_treatment": "gross",
        "item_unit": "token",
        "phase": "infer",
        "framework": "f",
        "task": "t",
        "variant": "sound",
        "precision": "fp16",
        "nominal_batch_size": 1.0,
        "batch_size": 1.0,
        "host": "h",
        "repeat": 0,
    }
    full = [{**default, "id": place, **row} for place, row in enumerate(rows)]
    schema = {**MEASUREMENT_SCHEMA, **EXTRA}
    frame = pl.DataFrame(full, schema_overrides=schema, infer_schema_length=None)
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(missing)


def quantized(
    rng: np.random.Generator,
    *,
    effects: list[float],
    models: int = 10,
    spread: float = 0.2,
    noise: float = 0.1,
    unbalanced: bool = False,
    drift: float = 0.0,
) -> pl.DataFrame:
    """int8 against fp16 on one device per effect [log ratio]; each model has its own deviation of sd `spread`.

    Noise of sd `noise` sits on each measurement; `unbalanced` gives models one to five batch sizes; `drift`
    raises every later measurement.
    """
    rows = []
    for place, effect in enumerate(effects):
        for model in range(models):
            level, slope = rng.normal(0, 1), effect + rng.normal(0, spread)
            for batch in range(int(rng.integers(1, 6)) if unbalanced else 3):
                for precision, change in (("fp16", 0.0), ("int8", slope)):
                    log_energy = (
                        level - 0.3 * batch + change + rng.normal(0, noise) + drift * len(rows) / 1000
                    )
                    rows.append(
                        {
                            "device": f"board {place}",
                            "base_model": f"m{model}",
                            "model": f"m{model}",
                            "params_count": int(1e9 * (model + 1)),
                            "precision": precision,
                            "nominal_batch_size": float(2**batch),
                            "batch_size": float(2**batch),
                            "energy_per_item_j": float(np.exp(log_energy)),
                        }
                    )
    return measurements(rows)


def crossed_ratios(
    rng: np.random.Generator,
    effect: float,
    *,
    models: int,
    places: int,
    model_sd: float = 0.2,
    place_sd: float = 0.3,
    noise: float = 0.1,
    missing: float = 0.2,
) -> pl.DataFrame:
    """Log ratios of every model on every place but a share `missing`: effect + model + place + noise."""
    of_model, of_place = rng.normal(0, model_sd, models), rng.normal(0, place_sd, places)
    rows = [
        {
            "base_model": f"m{m}",
            "place": f"p{p}",
            "log_ratio": effect + of_model[m] + of_place[p] + rng.normal(0, noise),
        }
        for m in range(models)
        for p in range(places)
        if rng.random() >= missing
    ]
    return pl.DataFrame(rows)
