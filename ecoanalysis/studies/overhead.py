"""Where a small model's cost comes from: the energy of a call before any item, and that of each item."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel
from ecoanalysis.studies.effect import clustered_mean
from ecoanalysis.studies.words import counted, figure, place_of

KEYS = (
    "dataset",
    "base_model",
    "task",
    "device",
    "devices_count",
    "framework",
    "framework_version",
    "precision",
    "variant",
    "threads",
    "boundary",
    "idle_treatment",
    "basis",
    "item_unit",
    "input_shape",
    "scenario",
)
_LEAST_BATCHES, _SPAN = 3, 4.0

OVERHEAD: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(KEYS, pl.String),
    "devices_count": pl.Int32,
    "threads": pl.Int32,
    "params_count": pl.Int64,
    "call_j": pl.Float64,
    "item_j": pl.Float64,
    "share_at_one": pl.Float64,
    "n": pl.Int64,
    "ids": pl.List(pl.Int64),
}


def overheads(frame: pl.DataFrame) -> pl.DataFrame:
    """Return E = call_j + item_j · batch per configuration (columns of `OVERHEAD`), from three batch sizes or more.

    Only nominal batch sizes of gross energies are used, that span a factor of 4; both coefficients are >= 0
    (non-negative least squares on relative residuals). `share_at_one` = call_j / (call_j + item_j).
    """
    from scipy.optimize import nnls

    keys = [key for key in KEYS if key in frame.columns]
    known = frame.filter(
        (pl.col("energy_per_item_j") > 0)
        & (pl.col("nominal_batch_size") > 0)
        & (pl.col("idle_treatment") != "net")
    ).with_columns(pl.col("nominal_batch_size").alias("batch"))
    rows = []
    for key, part in known.sort("id").group_by(keys, maintain_order=True):
        batch = part["batch"].to_numpy().astype(float)
        if len(set(batch)) < _LEAST_BATCHES or batch.max() < _SPAN * batch.min():
            continue
        energy = part["energy_per_item_j"].to_numpy() * batch
        design = np.column_stack([np.ones_like(batch), batch]) / energy[:, None]
        (call, item), _ = nnls(design, np.ones_like(energy))
        share = call / (call + item) if call + item else 0.0
        params = part["params_count"].drop_nulls().first()
        ids = part["id"].to_list()
        rows.append((*key, params, float(call), float(item), float(share), part.height, ids))
    schema = {name: OVERHEAD[name] for name in [*keys, *list(OVERHEAD)[len(KEYS) :]]}
    return pl.DataFrame(rows, schema=schema, orient="row")


def overhead_findings(calls: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per device and framework, the share of a single item's energy that the call costs, by model."""
    place = ("dataset", "device", "framework", "boundary", "item_unit", "variant")
    usual = (
        calls.filter(pl.col("variant").is_null() | (pl.col("variant") == "sound")) if calls.height else calls
    )
    for key, part in usual.group_by(place, maintain_order=True):
        where = dict(zip(place, map(str, key), strict=True))
        effect = clustered_mean(part["share_at_one"], part["base_model"])
        name = place_of(where["device"], where["framework"], where["dataset"])
        call = float(np.median(part["call_j"].to_numpy()))
        interval = (
            "" if effect.low is None else f" ({max(effect.low, 0):.0%} to {min(effect.high or 0, 1):.0%})"
        )
        yield Finding(
            name=f"overhead of a call: {name}, {where['item_unit']} ({where['boundary']})",
            estimand="share of one item's energy that the call costs before any item (mean over models)",
            sentence=(
                f"On {name}, {effect.mean:.0%}{interval} of the energy of a single {where['item_unit']} is paid per "
                f"call, however many it holds: starting it and reading the weights ({_joules(call)}, median of "
                f"{counted(effect.clusters_count, 'model')}). A larger batch shares it."
            ),
            estimate=effect.mean,
            low=None if effect.low is None else max(effect.low, 0.0),
            high=None if effect.high is None else min(effect.high, 1.0),
            unit="ratio",
            n=effect.n,
            method="non-negative least squares of energy per call on batch size; t interval over models",
            groups=where,
            basis="estimated" if (part["basis"] == "estimated").any() else "derived",
            measurement_ids=tuple(sorted({i for ids in part["ids"].to_list() for i in ids})),
        )


def overhead_panel(calls: pl.DataFrame) -> Panel:
    """Return the energy of a call against that of an item."""
    return Panel(
        "call_overhead",
        "Energy of a call before any item, and of each item",
        "One point is one configuration; above the diagonal a single item costs more in overhead than in work.",
        calls.drop("ids").sort("call_j", "base_model"),
        {"x": "item_j", "y": "call_j"},
    )


def _joules(value: float) -> str:
    """Return an energy with its prefix."""
    for factor, unit in ((1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ")):
        if value >= factor:
            return f"{figure(value / factor)} {unit}"
    return f"{figure(value / 1e-9)} nJ" if value > 0 else "0 J"
