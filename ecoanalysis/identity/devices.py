"""What is known of a device from its data sheet."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from ecoanalysis.identity.device_name import Reading, readings
from ecoanalysis.identity.key import device_key, plain_key
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.identity.table import count, number, read_rows

_PACKAGE = "ecoanalysis.identity"


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device by its data sheet. None is unknown.

    kind: cpu, consumer_gpu, datacenter_gpu, accelerator, board (a system on chip or module, CPU and GPU together).
    `tdp_w` is the sustained limit, `max_w` a higher short-term or highest measured power, `idle_w` as `note` says.
    Peak rates are dense (no structured sparsity), tensor units where there are any.
    status: verified (two sources agree), confident (one source), recalled, unverified. `match` is "assumed" where
    the name asked for leaves the variant open; `match_note` says which was taken.
    """

    name: str
    vendor: str
    kind: str
    architecture: str | None
    tdp_w: float | None
    idle_w: float | None
    max_w: float | None
    memory_bytes: float | None
    bandwidth_bytes_per_s: float | None
    fp32_flops: float | None
    fp16_flops: float | None
    fp8_flops: float | None
    fp4_flops: float | None
    int8_ops: float | None
    die_area_mm2: float | None
    cores_count: int | None
    threads_count: int | None
    base_clock_hz: float | None
    year: int | None
    energy_counter: str | None
    status: str
    source: str
    url: str | None
    note: str | None
    match: str = "exact"
    match_note: str | None = None

    def peak_flops(self, precision: str) -> float | None:
        """Return the dense peak rate [operations/s] for weights of a precision.

        A precision without units of its own runs on the next wider that has: int4 weights are computed in fp16.
        None where no rate is known.
        """
        found = find_precision(precision)
        compute = found.compute if found else precision
        rates = {
            "fp32": (self.fp32_flops,),
            "tf32": (self.fp32_flops,),
            "fp16": (self.fp16_flops, self.fp32_flops),
            "bf16": (self.fp16_flops, self.fp32_flops),
            "fp8": (self.fp8_flops, self.fp16_flops, self.fp32_flops),
            "fp4": (self.fp4_flops, self.fp8_flops, self.fp16_flops, self.fp32_flops),
            "int8": (self.int8_ops, self.fp16_flops, self.fp32_flops),
        }.get(compute, ())
        return next((rate for rate in rates if rate), None)


def find_device(name: str | None) -> DeviceSpec | None:
    """Return the data sheet of the device of that name, None for a name that the tables do not have.

    Spellings are equal that differ in case, punctuation, vendor words, clock rate ("@ 2.10GHz") and count
    ("8 x"); a memory size or codename that is said besides must be that of the sheet. Other names need a row in
    `tables/device_aliases.csv`. Nothing is matched by similarity.
    """
    for reading in readings(name or ""):
        key = device_key(reading.name)
        if key in _index() and (agreed := _agreed(_sheet(key), reading)):
            return agreed
    return None


def near_devices(name: str, limit: int = 4) -> list[str]:
    """Return names of known devices that look like `name`, for an error message; never used to match."""
    keys = get_close_matches(device_key(name), _index(), n=limit * 2, cutoff=0.5)
    return list(dict.fromkeys(_index()[key].row["name"] for key in keys))[:limit]


def all_devices() -> list[DeviceSpec]:
    """Return every device of the tables, in their order."""
    return [_spec(row) for row in _rows()]


def _rows() -> list[dict[str, str]]:
    """Return the rows of the hardware table, then those of the processors of which little more than TDP is known."""
    processors = [
        {**row, "vendor": row["name"].split()[0], "kind": "cpu", "energy_counter": "rapl"}
        for row in read_rows(_PACKAGE, "processors")
    ]
    return [*read_rows(_PACKAGE, "hardware"), *processors]


def _agreed(spec: DeviceSpec, reading: Reading) -> DeviceSpec | None:
    """Return the sheet if it agrees with what a name says beside the device, None if it does not."""
    if reading.vendor and reading.vendor != spec.vendor.lower():
        return None
    if reading.architecture:
        said, known = plain_key(reading.architecture), plain_key(spec.architecture or "")
        agrees = said.startswith(known) if known else said in _architectures()  # "Ada Lovelace" is Ada
        return spec if agrees else None
    if reading.memory_bytes in (None, spec.memory_bytes):
        return spec
    if spec.vendor == "Apple" and (spec.memory_bytes or 0) > (reading.memory_bytes or 0):
        return replace(
            spec, memory_bytes=reading.memory_bytes
        )  # sold with several; the sheet has the largest
    return None


@cache
def _architectures() -> frozenset[str]:
    """Return the keys of the architectures of all devices."""
    return frozenset(plain_key(row["architecture"]) for row in read_rows(_PACKAGE, "hardware"))


class _Entry(NamedTuple):
    """A row of the tables under one of its names: how well the name says the device, and what it leaves open."""

    row: dict[str, str]
    match: str = "exact"
    match_note: str | None = None


@cache
def _sheet(key: str) -> DeviceSpec:
    """Return the data sheet under a key of the index; of the thousands there, few are ever asked for."""
    return _spec(*_index()[key])


@cache
def _index() -> dict[str, _Entry]:
    """Return the devices by key: names first, then aliases, which never replace another device's name.

    An alias that is the device's own name says that even this leaves the variant open.
    """
    rows = {row["name"]: row for row in _rows()}
    index = {device_key(name): _Entry(row) for name, row in rows.items()}
    for row in read_rows(_PACKAGE, "device_aliases"):
        key = device_key(row["alias"])
        if key not in index or row["alias"] == row["name"]:
            note = f"{row['alias']}: {row['source']}" if row["match"] == "assumed" else None
            index[key] = _Entry(rows[row["name"]], row["match"], note)
    return index


def _spec(row: dict[str, str], match: str = "exact", match_note: str | None = None) -> DeviceSpec:
    """Return a row of the hardware table as a record in the units used inside."""
    return DeviceSpec(
        name=row["name"],
        vendor=row["vendor"],
        kind=row["kind"],
        architecture=row.get("architecture") or None,
        tdp_w=number(row["tdp_w"]),
        idle_w=number(row.get("idle_w")),
        max_w=number(row.get("max_w")),
        memory_bytes=number(row.get("memory_gb"), 1e9),
        bandwidth_bytes_per_s=number(row.get("bandwidth_gb_per_s"), 1e9),
        fp32_flops=number(row.get("fp32_tflops"), 1e12),
        fp16_flops=number(row.get("fp16_tflops"), 1e12),
        fp8_flops=number(row.get("fp8_tflops"), 1e12),
        fp4_flops=number(row.get("fp4_tflops"), 1e12),
        int8_ops=number(row.get("int8_tops"), 1e12),
        die_area_mm2=number(row.get("die_mm2")),
        cores_count=count(row.get("cores")),
        threads_count=count(row.get("threads")),
        base_clock_hz=number(row.get("base_ghz"), 1e9),
        year=count(row.get("year")),
        energy_counter=row["energy_counter"] or None,
        status=row["status"],
        source=row["source"],
        url=row.get("url") or None,
        note=row.get("note") or None,
        match=match,
        match_note=match_note,
    )
