"""The published power readings that the power models are fitted to and tested on."""

import lzma
from pathlib import Path

import numpy as np
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import find_device
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.models.power_cpu import LEVELS, Server
from ecoanalysis.models.power_fit import Array
from ecoanalysis.models.power_gpu import READING_SCHEMA

SPECPOWER = "specpower_ssj2008/spec_power_cleaned.csv.xz"
DOSGROUP = "dosgroup_gpu_power_training/configs.csv.xz"


def read_servers(folder: Path) -> tuple[list[Server], Array, list[str]]:
    """Return SPECpower's servers, their wall power [W] (servers × `LEVELS`) and the model name of each.

    Servers without a TDP are left out. Source: SPECpower_ssj2008 results, spec.org. Raises `EcoError` for a missing
    file.
    """
    rows = _read(folder / SPECPOWER)
    levels = ["ActiveIdle", *(f"{round(100 * level)}_AvgPower" for level in LEVELS[1:])]
    numbers = [
        "TDP",
        "CPUChips",
        "CPUCores",
        "CPUThreads",
        "HW_MemAmountGB",
        "HW_CPUFreq",
        "NumOfPSU",
        "PSURating",
    ]
    rows = rows.with_columns(
        pl.col(*levels, *numbers, "Hardware_Availability_Year").cast(pl.Float64, strict=False),
        pl.col("HW_DIMMNumAndSize").str.extract(r"^\s*(\d+)\s*x").cast(pl.Float64).alias("dimms"),
        pl.col("HW_FormFactor").fill_null("").str.contains("--|Blade").alias("blade"),
        (pl.col("HW_Vendor").str.split(" ").list.first() + "|" + pl.col("HW_Model")).alias("system"),
    ).drop_nulls([*levels, *numbers[:6]])
    rows = rows.with_columns(
        pl.col("dimms").fill_null(pl.col("dimms").median()),
        (pl.col("NumOfPSU") * pl.col("PSURating")).alias("psu"),
    ).with_columns(pl.col("psu").fill_null(pl.col("psu").median()))
    servers = [_server(row) for row in rows.iter_rows(named=True)]
    return servers, rows.select(levels).to_numpy(), rows["system"].to_list()


def read_boards(folder: Path) -> pl.DataFrame:
    """Return the TU Berlin group's GPU readings as `READING_SCHEMA`, `device` by its name in the hardware table.

    MFU is achieved operations over the dense peak of the hardware table: the file's own divides by a peak of another
    kind for one device. Raises `EcoError` for a missing file.
    """
    rows = _read(folder / DOSGROUP)
    specs = {name: find_device(name) for name in rows["gpu"].unique().to_list()}
    names = {name: spec.name for name, spec in specs.items() if spec}
    precisions = {name: p.name for name in rows["dtype"].unique().to_list() if (p := find_precision(name))}
    pairs = rows.select("gpu", "dtype").rows()
    peaks = [spec.peak_flops(dtype) if (spec := specs[gpu]) else None for gpu, dtype in pairs]
    achieved = rows["tokens_per_second_mean"] * rows["formula_flops_per_token_mean"]
    return rows.select(
        pl.col("gpu").replace_strict(names).alias("device"),
        (pl.col("gpu_utilization_mean") / 100).alias("util_ratio"),
        (pl.col("memory_utilization_mean") / 100).alias("mem_util_ratio"),
        (achieved / pl.Series(peaks, dtype=pl.Float64)).fill_null(0.0).alias("mfu_ratio"),
        pl.col("dtype").replace_strict(precisions).alias("precision"),
        (pl.col("model_name") == "baseline").alias("idle"),
        pl.col("power_draw_watts_mean").alias("power_w"),
    ).select(pl.col(name).cast(dtype) for name, dtype in READING_SCHEMA.items())


def _server(row: dict[str, float | str]) -> Server:
    """Return one row of SPECpower as a server."""
    year = float(row["Hardware_Availability_Year"])
    return Server(
        tdp_w=float(row["TDP"]),
        sockets_count=int(row["CPUChips"]),
        cores_count=int(row["CPUCores"]),
        threads_count=int(row["CPUThreads"]),
        memory_bytes=1e9 * float(row["HW_MemAmountGB"]),
        base_clock_hz=1e6 * float(row["HW_CPUFreq"]),
        year=year if np.isfinite(year) else 2012.0,
        architecture=str(row["Architecture"] or "") or None,
        dimms_count=float(row["dimms"]),
        psu_w=float(row["psu"]),
        blade=bool(row["blade"]),
    )


def _read(path: Path) -> pl.DataFrame:
    """Return an xz-compressed CSV file as a frame of text."""
    if not path.is_file():
        raise EcoError(f"no file at {path}", "name the folder of the published data sets: eco datasets")
    return pl.read_csv(lzma.decompress(path.read_bytes()), infer_schema_length=None)
