"""What is known of a device from its data sheet."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from ecoanalysis.identity.key import device_key, without_architecture
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

    Spellings are equal that differ in case, punctuation, vendor words, clock rate ("@ 2.10GHz"), count ("8 x") and,
    where the name alone is known, the architecture in brackets. Other names need a row in
    `tables/device_aliases.csv`. Nothing is matched by similarity.
    """
    if not name:
        return None
    return _index().get(device_key(name)) or _index().get(device_key(without_architecture(name)))


def near_devices(name: str, limit: int = 4) -> list[str]:
    """Return names of known devices that look like `name`, for an error message; never used to match."""
    index = _index()
    keys = get_close_matches(device_key(name), index, n=limit * 2, cutoff=0.5)
    return list(dict.fromkeys(index[key].name for key in keys))[:limit]


def all_devices() -> list[DeviceSpec]:
    """Return every device of the table, in its order."""
    return [_spec(row) for row in read_rows(_PACKAGE, "hardware")]


@cache
def _index() -> dict[str, DeviceSpec]:
    """Return the devices by key: names first, then aliases, which never replace a name."""
    specs = {spec.name: spec for spec in all_devices()}
    index = {device_key(name): spec for name, spec in specs.items()}
    rows = {row["name"]: row for row in read_rows(_PACKAGE, "hardware")}
    for row in read_rows(_PACKAGE, "device_aliases"):
        key = device_key(row["alias"])
        if key not in index:
            note = f"{row['alias']}: {row['source']}" if row["match"] == "assumed" else None
            index[key] = _spec(rows[row["name"]], row["match"], note)
    return index


def _spec(row: dict[str, str], match: str = "exact", match_note: str | None = None) -> DeviceSpec:
    """Return a row of the hardware table as a record in the units used inside."""
    return DeviceSpec(
        name=row["name"],
        vendor=row["vendor"],
        kind=row["kind"],
        architecture=row["architecture"] or None,
        tdp_w=number(row["tdp_w"]),
        idle_w=number(row["idle_w"]),
        max_w=number(row["max_w"]),
        memory_bytes=number(row["memory_gb"], 1e9),
        bandwidth_bytes_per_s=number(row["bandwidth_gb_per_s"], 1e9),
        fp32_flops=number(row["fp32_tflops"], 1e12),
        fp16_flops=number(row["fp16_tflops"], 1e12),
        fp8_flops=number(row["fp8_tflops"], 1e12),
        fp4_flops=number(row["fp4_tflops"], 1e12),
        int8_ops=number(row["int8_tops"], 1e12),
        die_area_mm2=number(row["die_mm2"]),
        cores_count=count(row["cores"]),
        threads_count=count(row["threads"]),
        base_clock_hz=number(row["base_ghz"], 1e9),
        year=count(row["year"]),
        energy_counter=row["energy_counter"] or None,
        status=row["status"],
        source=row["source"],
        url=row["url"] or None,
        note=row["note"] or None,
        match=match,
        match_note=match_note,
    )
