"""pyJoules CSV: windows that follow each other, parts of the package, decimal commas."""

from pathlib import Path

import pytest

from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

HEADER = "timestamp;tag;duration;package_0;dram_0;core_0;uncore_0\n"


def row(place: int, package: str = "10000000.0", core: str = "7000000.0", duration: str = "0.5") -> str:
    """Return a window of half a second at 20 W of the package, 14 W of it in the cores."""
    return f"{1_795_443_260 + 0.5 * place:.1f};t{place};{duration};{package};1000000.0;{core};100000.0\n"


def imported(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "joules.csv"
    path.write_text(text)
    return read(path)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


ROWS = [row(place) for place in range(6)]


def test_windows_that_follow_each_other_have_no_doubt(tmp_path: Path) -> None:
    found = imported(tmp_path, HEADER + "".join(ROWS))
    assert codes(found) == set()
    assert found.results["energy_j"].to_list()[:2] == [10.0, 1.0]


def test_windows_of_separate_contexts_are_no_gap(tmp_path: Path) -> None:
    """A `with` block for each measurement leaves pauses everywhere."""
    assert codes(imported(tmp_path, HEADER + "".join(row(place) for place in range(0, 12, 2)))) == set()


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("missing_readings", [*ROWS[:2], *ROWS[3:]]),
        ("contradicting_numbers", [*ROWS[:2], row(2, duration="500"), *ROWS[3:]]),
        ("contradicting_numbers", [*ROWS[:2], row(2, core="70000000.0"), *ROWS[3:]]),
        ("contradicting_numbers", [ROWS[1], ROWS[0], *ROWS[2:]]),
    ],
)
def test_rows_that_deny_each_other_are_told(tmp_path: Path, code: str, rows: list[str]) -> None:
    assert code in codes(imported(tmp_path, HEADER + "".join(rows)))


def test_a_decimal_comma_is_read_as_one(tmp_path: Path) -> None:
    text = HEADER + "".join(ROWS)
    whole = imported(tmp_path, text).results["energy_j"].to_list()
    assert imported(tmp_path, text.replace(".0;", ",0;")).results["energy_j"].to_list() == whole


def test_a_column_that_is_no_domain_is_named(tmp_path: Path) -> None:
    assert "unknown_columns" in codes(imported(tmp_path, HEADER.replace("dram", "drum") + "".join(ROWS)))


def test_joules_written_as_microjoules_are_found_by_their_power(tmp_path: Path) -> None:
    """10 J that a script divided already: 20 µW of a package."""
    con = open_database(":memory:")
    text = HEADER + "".join(row(place, package="10.0", core="7.0") for place in range(6))
    ingest(con, imported(tmp_path, text.replace("100000.0\n", "0.1\n")))
    assert "check_below_any_device" in {note.code for note in run_checks(con)}


def test_a_package_that_a_counter_reads_is_no_constant_though_it_hardly_moves(tmp_path: Path) -> None:
    """One busy core feeds a GPU: 60 W within 3 %, of 24 windows of 1 to 20 s."""
    text, begun = HEADER, 1_795_443_260.0
    for place in range(24):
        seconds = 20 ** (place / 24)
        joules = 60 * (1 + 0.03 * (place % 12) / 12) * seconds
        text += (
            f"{begun:.3f};t{place};{seconds:.3f};{1e6 * joules:.1f};1000000.0;{5e5 * joules:.1f};100000.0\n"
        )
        begun += seconds
    con = open_database(":memory:")
    ingest(con, imported(tmp_path, text))
    assert "check_constant_cpu_power" not in {note.code for note in run_checks(con)}


@pytest.mark.parametrize("package", ["0.0", "-252144000000.0"])
def test_a_package_that_has_no_energy_of_its_own_is_not_held_against_its_cores(
    tmp_path: Path, package: str
) -> None:
    """A window shorter than the counter's update, and one in which the package's counter wrapped."""
    found = imported(tmp_path, HEADER + "".join([*ROWS[:2], row(2, package=package), *ROWS[3:]]))
    assert "contradicting_numbers" not in codes(found)
