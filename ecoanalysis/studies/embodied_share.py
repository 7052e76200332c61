"""The share of carbon that making the device brings, per item and device."""

from collections.abc import Iterator

import polars as pl

from ecoanalysis.impact.embodied import embodied_g
from ecoanalysis.records import Finding
from ecoanalysis.studies.words import counted, place_of

_PARTS = ("embodied_g_per_item", "embodied_low_g_per_item", "embodied_high_g_per_item")


def with_embodied(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the embodied carbon of each item [g] and its bounds, added to `co2_g_per_item`.

    An item carries its share of the accelerators' making for as long as it occupies them (count ÷ throughput). Where
    nothing is known of a device the carbon is null: half a sum would favour it. Hosts are not counted.
    """
    names = [name for name in frame["device"].unique(maintain_order=True).to_list() if name]
    per_s = {name: embodied_g(name, 1.0) for name in names}
    values = {
        name: (quantity.value, quantity.low, quantity.high)
        for name, quantity in per_s.items()
        if quantity.value is not None
    }
    item_s = pl.col("devices_count").fill_null(1) / pl.col("throughput_items_per_s")
    columns = [
        (
            pl.col("device").replace_strict(
                list(values),
                [bounds[place] for bounds in values.values()],
                default=None,
                return_dtype=pl.Float64,
            )
            * item_s
        ).alias(name)
        for place, name in enumerate(_PARTS)
    ]
    return frame.with_columns(columns).with_columns(
        operational_g_per_item=pl.col("co2_g_per_item"),
        co2_g_per_item=pl.col("co2_g_per_item") + pl.col("embodied_g_per_item"),
    )


def embodied_findings(frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per data set and device, the embodied share of the carbon of its median item."""
    known = frame.filter(pl.col("embodied_g_per_item") > 0, pl.col("operational_g_per_item") > 0)
    low, middle, high = (
        pl.col(name) / (pl.col(name) + pl.col("operational_g_per_item"))
        for name in ("embodied_low_g_per_item", "embodied_g_per_item", "embodied_high_g_per_item")
    )
    for key, part in known.group_by("dataset", "device", maintain_order=True):
        dataset, device = (str(value) for value in key)
        shares = part.select(low=low.median(), middle=middle.median(), high=high.median()).row(0, named=True)
        place = place_of(device, None, dataset)
        yield Finding(
            name=f"embodied share: {place}",
            estimand="embodied carbon over embodied and operational carbon of an item (median item)",
            sentence=(
                f"On {place}, making the accelerator brings {shares['middle']:.1%} ({shares['low']:.1%} to "
                f"{shares['high']:.1%}) of the carbon of a median item; the cleaner the grid, the larger this share."
            ),
            estimate=shares["middle"],
            low=shares["low"],
            high=shares["high"],
            unit="ratio",
            n=part.height,
            method="time share of the device's embodied carbon over its lifetime at 60 % use; bounds of its figure",
            groups={"dataset": dataset, "device": device},
            basis="assumed",
            measurement_ids=tuple(sorted(part["id"].to_list())),
        )


def embodied_limit(frame: pl.DataFrame) -> str:
    """Return what the embodied shares leave out, in words."""
    unknown = frame.filter(pl.col("embodied_g_per_item").is_null())["device"].drop_nulls().n_unique()
    return (
        "Embodied carbon is counted for accelerators only, at 60 % use over the lifetime; nothing is known of "
        f"{counted(unknown, 'device')}, which carry no carbon figure here."
    )
