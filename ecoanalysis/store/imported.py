"""What an import brings to the store: one source, its records, its samples in chunks, its results."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import polars as pl

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run, Sample

_TYPES = {"int": pl.Int64, "float": pl.Float64, "str": pl.String, "bool": pl.Boolean}


def schema_of(record: type) -> dict[str, type[pl.DataType]]:
    """Return the polars schema of a record class."""
    kinds = {
        item.name: item.type.__name__ if isinstance(item.type, type) else str(item.type)
        for item in fields(record)
    }
    return {name: _TYPES[kind.split(" ")[0]] for name, kind in kinds.items()}


@dataclass(frozen=True, slots=True)
class Source:
    """One imported file (with its companions), as the `source` table keeps it."""

    id: int
    path: str
    sha256: str
    format: str
    dataset: str
    name: str | None = None
    licence: str | None = None
    citation: str | None = None
    url: str | None = None
    rows_count: int = 0


BOUNDARIES = ("board", "package", "dram", "module", "platform", "node", "wall", "facility", "unknown")
BASES = ("measured", "derived", "estimated", "assumed")


@dataclass(frozen=True, slots=True)
class Rows:
    """What became of the rows of a file: those read are those kept and those left out, by reason."""

    kept_count: int
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def read_count(self) -> int:
        """The rows that were read."""
        return self.kept_count + sum(count for _, count in self.left_out)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger of a source, as the `ledger` table keeps it.

    entry: read, kept, left out (rows of the file; `name` is the reason), results, readings (what landed; `name` is the
    boundary). Energy [J] and span [s] are sums over results, and over devices of readings, None where none is stated.
    The energy of readings is mean power times span, or the increase of the counter: a checksum, not the energy of a
    run.
    """

    source_id: int
    entry: str
    name: str | None
    rows_count: int
    energy_j: float | None = None
    span_s: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """An energy without samples, as its source states it: one row of the `result` table.

    boundary: one of `BOUNDARIES`. basis: measured (a meter), derived (computed from
    another measured scenario), estimated (a model of the tool), assumed. Energies exclude `pue_included`
    when the importer could divide it out; then it is None. idle_treatment: gross, net_static, net_dynamic.
    """

    id: int
    source_id: int
    row_number: int
    config_id: int
    device_id: int | None = None
    label: str | None = None
    started_utc_ns: int | None = None
    duration_s: float | None = None
    items_count: float | None = None
    item_unit: str | None = None
    energy_j: float | None = None
    energy_per_item_j: float | None = None
    low_per_item_j: float | None = None
    high_per_item_j: float | None = None
    mean_power_w: float | None = None
    throughput_items_per_s: float | None = None
    latency_s: float | None = None
    batch_size_mean: float | None = None
    quality_value: float | None = None
    quality_metric: str | None = None
    boundary: str = "board"
    basis: str = "measured"
    method: str | None = None
    idle_treatment: str = "gross"
    pue_included: float | None = None
    repeats_count: int | None = None
    region: str | None = None
    co2_g_reported: float | None = None
    extra: str | None = None


RESULT_SCHEMA: dict[str, type[pl.DataType]] = schema_of(Result)

SAMPLE_SCHEMA: dict[str, type[pl.DataType]] = schema_of(Sample)


@dataclass(frozen=True, slots=True)
class Imported:
    """Everything that one file says, in our records.

    `samples` may be iterated once: chunks of `SAMPLE_SCHEMA`, in any order (the store sorts them).
    `results` has `RESULT_SCHEMA`. `rows`: what became of the rows of the file. `more_sources`, `stated` (the ledgers of
    those) and `config_ids` are those of an earlier export: its rows keep their ids.
    """

    source: Source
    recordings: tuple[Recording, ...] = ()
    devices: tuple[Device, ...] = ()
    configs: tuple[Config, ...] = ()
    runs: tuple[Run, ...] = ()
    marks: tuple[Mark, ...] = ()
    samples: Iterable[pl.DataFrame] = ()
    results: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RESULT_SCHEMA))
    notes: tuple[Note, ...] = ()
    rows: Rows = field(default_factory=lambda: Rows(0))
    more_sources: tuple[Source, ...] = ()
    stated: tuple[Entry, ...] = ()
    config_ids: tuple[int, ...] = ()
