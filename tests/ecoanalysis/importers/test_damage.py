"""Damage to a file leaves a note, or the file is refused; sound files have none."""

import json
import random
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.damage import look_through
from ecoanalysis.importers.formats import IMPORTERS
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.conftest import ROWS, Published
from tests.ecoanalysis.importers.defects import KINDS

ZEUS = "start_time,window_name,elapsed_time,gpu0_energy\n"
ZEUS_ROWS = [f"179544413{n}.5,w{n},1.{n},10{n}.5" for n in range(6)]
DAMAGE = {
    "ragged_rows", "repeated_header", "repeated_rows", "not_a_number", "empty_cells", "negative_cells",
    "unfinished_line",
}  # fmt: skip


def open_head_of(folder: Path, document: object) -> Head:
    path = folder / "d.json"
    path.write_text(json.dumps(document))
    return open_head(path)


def codes(path: Path, text: str) -> set[str]:
    path.write_text(text)
    return {note.code for note in read(path).notes}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("ragged_rows", lambda rows: [*rows[:5], "1795444135.5,w5"]),
        ("ragged_rows", lambda rows: [rows[0].replace("100.5", "100,5"), *rows[1:]]),  # a decimal comma
        ("repeated_header", lambda rows: [*rows[:3], ZEUS.strip(), *rows[3:]]),
        ("repeated_rows", lambda rows: [*rows, rows[0]]),
        ("not_a_number", lambda rows: [rows[0].replace("100.5", "1oo.5"), *rows[1:]]),
        ("not_a_number", lambda rows: [rows[0].replace("100.5", "inf"), *rows[1:]]),
        ("empty_cells", lambda rows: [rows[0].replace("100.5", ""), *rows[1:]]),
        ("negative_cells", lambda rows: [rows[0].replace("100.5", "-100.5"), *rows[1:]]),
        ("empty_lines", lambda rows: [*rows[:3], "", *rows[4:]]),
        ("empty_lines", lambda rows: [*rows[:3], ",,,", *rows[4:]]),
        ("cut_number", lambda rows: [f"{row}{n}" if n else row[:-1] for n, row in enumerate(rows)]),
        ("glued_number", lambda rows: [rows[0].replace("100.5", "100.5854506674432832412"), *rows[1:]]),
    ],
)
def test_a_damaged_table_says_what_is_wrong(tmp_path: Path, code: str, change) -> None:  # type: ignore[no-untyped-def]
    text = ZEUS + "\n".join(change(ZEUS_ROWS)) + "\n"
    assert code in codes(tmp_path / "z.csv", text)


def test_a_sound_table_says_nothing_of_damage(tmp_path: Path) -> None:
    assert not codes(tmp_path / "z.csv", ZEUS + "\n".join(ZEUS_ROWS) + "\n") & DAMAGE


@pytest.mark.parametrize(
    "text",
    [
        ZEUS + "\n\n".join(ZEUS_ROWS) + "\n",  # a writer that ends its lines twice
        ZEUS + "\n".join(ZEUS_ROWS) + "\n\n\n",
        ZEUS + "\n".join(row.removesuffix("5") for row in ZEUS_ROWS) + "\n",  # as Fortran writes
    ],
)
def test_what_a_tool_writes_in_every_row_is_no_damage(tmp_path: Path, text: str) -> None:
    assert not codes(tmp_path / "z.csv", text) & {"empty_lines", "cut_number", "glued_number"}


@pytest.mark.parametrize(
    ("last", "is_cut"), [("105.50", False), ("105", True), ("105.5", True), ("0", False)]
)
def test_a_number_with_fewer_decimals_is_cut_where_the_tool_fills_up_with_zeros(
    tmp_path: Path, last: str, is_cut: bool
) -> None:
    rows = [*(f"179544413{n}.5,w{n},1.{n},10{n}.50" for n in range(5)), f"1795444135.5,w5,1.5,{last}"]
    assert ("cut_number" in codes(tmp_path / "z.csv", ZEUS + "\n".join(rows) + "\n")) is is_cut


def test_a_zero_with_a_sign_among_whole_numbers_is_told(tmp_path: Path) -> None:
    rows = [row.replace(f"w{n}", "0" if n else "-0") for n, row in enumerate(ZEUS_ROWS)]
    assert "negative_cells" in codes(tmp_path / "z.csv", ZEUS + "\n".join(rows) + "\n")


def test_a_heading_with_one_bracket_is_told(tmp_path: Path) -> None:
    text = ZEUS.replace("\n", ",energy_per[run\n") + "\n".join(row + ",1" for row in ZEUS_ROWS) + "\n"
    assert "odd_name" in codes(tmp_path / "z.csv", text)


@pytest.mark.parametrize(
    ("name", "is_odd"),
    [
        ("avg_powr_watts", True),
        ("avg_power\x7fwatts", True),
        ("avg_power_watts", False),
        ("joules", False),
    ],
)
def test_a_key_that_one_object_has_in_place_of_all_others_is_told(
    tmp_path: Path, name: str, is_odd: bool
) -> None:
    head = open_head_of(tmp_path, [{"avg_power_watts": 1}, {"avg_power_watts": 2}, {name: 3}])
    assert ("odd_name" in {code for code, _ in look_through(head, "own").doubts}) is is_odd


def test_of_a_large_table_the_whole_lines_of_its_first_part_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ZEUS + "\n".join([*ZEUS_ROWS, "1795444135.5,w5"]) + "\n"
    monkeypatch.setattr("ecoanalysis.importers.damage._MOST_BYTES", len(text) - 30)  # within the fifth row
    assert not codes(tmp_path / "z.csv", text) & DAMAGE
    monkeypatch.setattr("ecoanalysis.importers.damage._MOST_BYTES", len(text) + 1)
    assert "ragged_rows" in codes(tmp_path / "z.csv", text)


def test_every_layout_is_one_that_is_looked_through() -> None:
    assert {getattr(importer, "LAYOUT", "table") for importer in IMPORTERS.values()} == {
        "table",
        "log",
        "own",
    }


def test_a_last_line_without_an_end_may_be_cut(tmp_path: Path) -> None:
    text = ZEUS + "\n".join(ZEUS_ROWS)
    assert "unfinished_line" in codes(tmp_path / "z.csv", text[:-1])
    log = "timestamp, index, power.draw [W]\n2026/08/17 22:35:54.844, 0, 44.94 W\n2026/08/17 22:35:55.844, 0, 44"
    assert "unfinished_line" in codes(tmp_path / "gpu.csv", log)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("ragged_rows", "2026/08/17 22:35:57.844, 0\n"),
        ("times_backwards", "2026/08/17 22:35:50.844, 0, 44.94 W\n"),
        ("lost_readings", "2026/08/17 22:35:57.844, 0, [N/A]\n"),
    ],
)
def test_a_damaged_log_says_what_is_wrong(tmp_path: Path, code: str, line: str) -> None:
    sound = "timestamp, index, power.draw [W]\n" + "".join(
        f"2026/08/17 22:35:5{s}.844, 0, 44.94 W\n" for s in range(4, 7)
    )
    assert code not in codes(tmp_path / "gpu.csv", sound)
    assert code in codes(tmp_path / "gpu.csv", sound + line)


def test_published_files_have_no_sign_of_damage(published: Published) -> None:
    """All but one: MLPerf v1.0 has one idle power of -2 W, which its SOURCE.md calls the analyser's error value."""
    for name in ROWS:
        found = [(note.code, note.text) for note in published[name].notes if note.code in DAMAGE]
        error_value = [("negative_cells", "pre_window_min_power_w: 1 of 468 cells are below zero")]
        assert found == (error_value if name.startswith("mlperf_power_v1.0") else []), name


def test_readings_at_one_time_and_results_of_nothing_are_found(tmp_path: Path) -> None:
    (tmp_path / "gpu.csv").write_text(
        "timestamp, index, power.draw [W]\n"
        + "2026/08/17 22:35:54.844, 0, 44.94 W\n" * 2
        + "2026/08/17 22:35:55.844, 0, 45 W\n"
    )
    con = open_database(":memory:")
    ingest(con, read(tmp_path / "gpu.csv"))
    assert [note.code for note in run_checks(con)] == ["check_repeated_times"]


@pytest.mark.parametrize(
    ("joules", "code"), [("1e9", "check_beyond_any_device"), ("-5", "check_not_positive")]
)
def test_a_number_that_no_device_can_give_is_out_of_use(tmp_path: Path, joules: str, code: str) -> None:
    (tmp_path / "z.csv").write_text(ZEUS + f"1795444130.5,w,1.0,{joules}\n")
    con = open_database(":memory:")
    imported = read(tmp_path / "z.csv")
    ingest(con, imported)
    found = [(note.code, note.severity) for note in run_checks(con)]
    assert (
        found == [(code, "error")]
        if joules == "1e9"
        else "no_energy" in {note.code for note in imported.notes}
    )


@pytest.mark.parametrize(
    "kind",
    ["cut short", "column shifted", "header twice", "lines glued", "cell is nan or inf", "decimal comma"],
)
def test_no_defect_of_a_sort_changes_a_zeus_log_in_silence(tmp_path: Path, kind: str) -> None:
    """Thirty files of each kind: refused, or the same sum of energies, or a note that the sound file has not."""
    random_, data = random.Random(kind), (ZEUS + "\n".join(ZEUS_ROWS) + "\n").encode()
    path = tmp_path / "z.csv"
    path.write_bytes(data)
    sound = read(path)
    for _ in range(30):
        path.write_bytes(KINDS[kind](data, random_))
        try:
            found = read(path)
        except EcoError:
            continue
        told = {(note.code, note.text) for note in found.notes} - {
            (note.code, note.text) for note in sound.notes
        }
        same = found.results.select(pl.col("energy_j", "duration_s").sum()).equals(
            sound.results.select(pl.col("energy_j", "duration_s").sum())
        )
        whole_lines_lost = kind == "cut short" and path.read_bytes().endswith(b"\n")  # leaves a sound file
        assert told or same or whole_lines_lost, path.read_text()


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (
            "time,power [W]",
            ["2026-02-18 15:16:12,30,3", "2026-02-18 15:16:17,132,8"],
        ),  # 30,3 W between commas
        (
            "timestamp;tag;duration;package_0",
            ["1;1795443260.0;a;0.5;9980210.0"] * 2,
        ),  # row names without a heading
    ],
)
def test_rows_wider_than_their_header_are_refused(tmp_path: Path, header: str, rows: list[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(EcoError, match="more cells than the") as refused:
        read(path)
    assert "semicolons" in (refused.value.hint or "")


def test_empty_cells_behind_a_row_are_no_columns(tmp_path: Path) -> None:
    rows = "".join(f"{row},,\n" for row in ZEUS_ROWS)
    (tmp_path / "z.csv").write_text(ZEUS + rows)
    assert read(tmp_path / "z.csv").results.height == len(ZEUS_ROWS)


@pytest.mark.parametrize(("watts", "codes_found"), [(8_000.0, []), (30_000.0, ["check_beyond_any_device"])])
def test_a_whole_platform_may_draw_what_a_node_may(
    tmp_path: Path, watts: float, codes_found: list[str]
) -> None:
    """A server with eight accelerators draws over 5 kW, whatever its meter calls itself."""
    (tmp_path / "r.csv").write_text(f"w,boundary,s,j\n{watts},platform,10,{10 * watts}\n")
    columns = {"mean_power_w": "w", "boundary": "boundary", "duration_s": "s", "energy_j": "j"}
    con = open_database(":memory:")
    ingest(con, read(tmp_path / "r.csv", Options(format="generic", columns=columns)))
    assert [note.code for note in run_checks(con)] == codes_found


@pytest.mark.parametrize(
    ("watts", "found"),
    [
        (1_300, []),
        (2_400, [("check_beyond_known_boards", "warning")]),
        (6_470, [("check_beyond_any_device", "error")]),
    ],
)
def test_a_board_of_no_known_name_draws_no_more_than_any_known(
    tmp_path: Path, watts: int, found: list[tuple[str, str]]
) -> None:
    """A Jetson's milliwatts under a heading that says watts."""
    rows = "".join(f"{1_700_000_000 + second},{watts},{second}\n" for second in range(5))
    (tmp_path / "t.csv").write_text("timestamp,gpu_power_w,frame_idx\n" + rows)
    con = open_database(":memory:")
    ingest(con, read(tmp_path / "t.csv"))
    assert [(note.code, note.severity) for note in run_checks(con)] == found


@pytest.mark.parametrize("rows", [1, 3])
def test_where_an_energy_comes_from_is_a_word_and_no_damaged_number(tmp_path: Path, rows: int) -> None:
    (tmp_path / "r.csv").write_text("model,energy_j,energy_source\n" + "toy,5.5,rapl\n" * rows)
    assert "not_a_number" not in {note.code for note in read(tmp_path / "r.csv").notes}
