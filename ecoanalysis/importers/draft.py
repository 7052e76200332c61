"""A source being read: collects configurations, devices, results and notes, then becomes an `Imported`."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run, content_id
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import RESULT_SCHEMA, Imported, Result, Rows, Source
from ecoanalysis.importers.head import Head, sha256_of
from ecoanalysis.importers.naming import known_device, known_model
from ecoanalysis.importers.table import MOST_RESULTS

_Record = TypeVar("_Record", Config, Device, Mark, Result, Run, Recording)
_SMALL = (
    "steps",
    "frames",
    "threads",
    "accelerators_count",
    "index",
    "cores_count",
    "repeats_count",
    "repeat",
)
_STATED, _FEW_LOST = (
    ("energy_j", "energy_per_item_j", "duration_s", "items_count", "throughput_items_per_s"),
    0.2,
)
_LIMITS = dict.fromkeys(_SMALL, 2**31)


class Draft:
    """An import in the making. Ids are hashes of the file's content, so a second import finds the first.

    `companions` are files read together with the main one: their bytes count into the source's id.
    """

    def __init__(
        self,
        head: Head,
        form: str,
        *,
        dataset: str | None = None,
        name: str | None = None,
        licence: str | None = None,
        citation: str | None = None,
        url: str | None = None,
        companions: Iterable[Path] = (),
    ) -> None:
        sha256 = sha256_of(head.path, *companions)
        self.source = Source(
            id=content_id([sha256, form]),
            path=str(head.path),
            sha256=sha256,
            format=form,
            dataset=dataset or form,
            name=name or head.path.name,
            licence=licence,
            citation=citation,
            url=url,
        )
        self.notes: list[Note] = []
        self.recordings: list[Recording] = []
        self.runs: list[Run] = []
        self.marks: list[Mark] = []
        self._configs: dict[int, Config] = {}
        self._config_ids: dict[Config, int] = {}
        self._devices: dict[int, Device] = {}
        self._device_ids: dict[tuple[object, ...], int] = {}
        self._results: list[Result] = []
        self._used: set[int] = set()
        self._said: set[tuple[str, str]] = set()
        self._left_out: Counter[str] = Counter()

    def id_of(self, *parts: object) -> int:
        """Return an id that only this source, and only these parts, give."""
        return content_id([self.source.id, *parts])

    def config(self, config: Config) -> int:
        """Keep a configuration, with the facts that are known of its model; return its id."""
        found = self._config_ids.get(config)
        if found is None:
            known = known_model(possible(config))
            found = self._config_ids[config] = known.id
            self._configs[found] = known
        return found

    def device(self, name: str, *, kind: str, boundary: str, sensor: str, **facts: Any) -> int:
        """Keep a device of results, under its known name; return its id. Equal devices are one."""
        key = (name, kind, boundary, sensor, *facts.items())
        found = self._device_ids.get(key)
        if found is None:
            written = Device(0, None, kind, name, boundary, sensor, **facts)
            device = known_device(possible(written))
            found = self._device_ids[key] = content_id(asdict(device))
            self._devices[found] = replace(device, id=found)
        return found

    def recorded_device(self, device: Device) -> int:
        """Keep a device of a recording; its id comes from the recording and its place there."""
        device = known_device(possible(device))
        place = [device.recording_id, device.kind, device.name, device.boundary, device.index, device.sensor]
        device = replace(device, id=content_id([self.source.id, *place]))
        self._devices[device.id] = device
        return device.id

    def result(self, row_number: int, config: Config | int, part: str = "", **values: Any) -> int:
        """Keep one result; `part` tells apart the results of one row. Returns the result's id.

        What the row leaves open follows: energy = per item · items, per item = energy / items,
        mean power = energy / duration.
        """
        if len(self._results) >= MOST_RESULTS:
            many = f"{self.source.path}: more than {MOST_RESULTS} results"
            raise EcoError(many, "split the file and import the parts")
        config_id = config if isinstance(config, int) else self.config(config)
        extra = {name: said for name, said in (values.pop("extra", None) or {}).items() if said is not None}
        text = json.dumps(extra, sort_keys=True, default=str) if extra else None
        _complete(values)
        id_ = self.id_of("result", row_number, part)
        while id_ in self._used:  # a log that says the same part of a row twice
            id_ = self.id_of("result", row_number, part, id_)
        self._used.add(id_)
        result = Result(
            id=id_,
            source_id=self.source.id,
            row_number=row_number,
            config_id=config_id,
            extra=text,
            **values,
        )
        self._results.append(possible(result))
        return result.id

    def note(
        self, code: str, text: str, hint: str | None = None, severity: str = "info", **ids: int | None
    ) -> None:
        """Keep a note on this source, once per code and text; `ids` may name a run, result or device."""
        if (code, text) not in self._said or ids:
            self._said.add((code, text))
            self.notes.append(Note(code, text, severity, hint, source_id=self.source.id, **ids))

    def naive_times(self) -> None:
        """Note that local times without a zone were taken as UTC."""
        hint = "say --tz, for example --tz Europe/Berlin"
        self.note("naive_time", "times carry no zone: taken as UTC", hint)

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Count rows of the file that become nothing; `reason` says why, in a few words, without their number."""
        if count > 0:
            self._left_out[reason] += count

    @property
    def kept_count(self) -> int:
        """The rows that gave at least one result."""
        return len({result.row_number for result in self._results})

    def timed(self, times: pl.Series) -> int:
        """Return how many of the times of a log's rows say something; rows without one are left out."""
        if lost := times.null_count():
            self.leave_out("no time in it", lost)
            text = f"{lost} rows have no readable time: left out"
            self.note("unreadable_lines", text, severity="warning")
        return times.len() - times.null_count()

    def finish(self, rows_count: int, samples: Iterable[pl.DataFrame] = ()) -> Imported:
        """Return what was read. `rows_count`: the rows of a table of results, the readings of a log.

        Rows of a table that became no result, and were not left out by name, state nothing that is kept.
        """
        if not self._results and not self.runs:
            self.note(
                "nothing_metered", "no device has an energy here: the tool found no sensor", None, "warning"
            )
        rows = [tuple(getattr(result, name) for name in RESULT_SCHEMA) for result in self._results]
        results = pl.DataFrame(rows, schema=RESULT_SCHEMA, orient="row", strict=False)
        self._note_missing(results)
        return Imported(
            source=replace(self.source, rows_count=rows_count),
            rows=self._rows(rows_count),
            recordings=tuple(possible(one) for one in self.recordings),
            devices=tuple(self._devices.values()),
            configs=tuple(self._configs.values()),
            runs=tuple(possible(run) for run in self.runs),
            marks=tuple(possible(mark) for mark in self.marks if abs(mark.t_ns) < 2**63),
            samples=samples,
            results=results,
            notes=tuple(self.notes),
        )

    def _note_missing(self, results: pl.DataFrame) -> None:
        """Note which numbers a few results lack that all others of their boundary state."""
        for (boundary,), rows in results.group_by("boundary", maintain_order=True):
            for name in _STATED:
                lost = rows[name].null_count()
                if 0 < lost <= _FEW_LOST * rows.height:
                    text = f"{lost} of {rows.height} results at the {boundary} state no {name}, the others do"
                    self.note("values_missing", text)

    def _rows(self, rows_count: int) -> Rows:
        """Return what became of the rows: those of results that gave none, and were not named, state nothing."""
        if self.runs:
            return Rows(rows_count, tuple(self._left_out.items()))
        kept = self.kept_count
        self.leave_out("states nothing that is kept", rows_count - kept - self._left_out.total())
        return Rows(kept, tuple(self._left_out.items()))


def possible(record: _Record) -> _Record:
    """Return a record without numbers that its table cannot hold: infinite, or beyond the column's range."""
    impossible: dict[str, Any] = {
        name: None for name in record.__slots__
        if isinstance(value := getattr(record, name), float | int)
        and not (math.isfinite(value) if isinstance(value, float) else abs(value) < _LIMITS.get(name, 2**63))
    }  # fmt: skip
    return replace(record, **impossible) if impossible else record


def _complete(values: dict[str, Any]) -> None:
    """Fill energy, energy per item and mean power of a result from one another."""
    energy, per_item, items = (values.get(name) for name in ("energy_j", "energy_per_item_j", "items_count"))
    if per_item is None and energy is not None and items is not None and items > 0:
        values["energy_per_item_j"] = energy / items
    if energy is None and per_item is not None and items is not None:
        values["energy_j"] = energy = per_item * items
    duration = values.get("duration_s")
    if values.get("mean_power_w") is None and energy is not None and duration is not None and duration > 0:
        values["mean_power_w"] = energy / duration
