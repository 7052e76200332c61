"""turbostat text: comments, cut lines, stated intervals, numbers that deny each other."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read

HEADER = "Time_Of_Day_Seconds Core CPU Avg_MHz Busy% Bzy_MHz PkgWatt CorWatt GFXWatt\n"


def table(second: int, watts: float = 40.0, busy: float = 50.0, package: float | None = None) -> str:
    """Return one interval: the machine, then the first CPU of the package, which repeats the package's power."""
    numbers = f"{busy * 20:.0f} {busy:.2f} 2000"
    first = package if package is not None else watts
    return (
        f"{1_795_443_260 + second}.0 - - {numbers} {watts:.2f} 30.00 0.50\n"
        f"{1_795_443_260 + second}.0 0 0 {numbers} {first:.2f} 30.00 0.50\n"
        f"{1_795_443_260 + second}.0 0 1 {numbers}\n"
    )


def imported(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "turbo.txt"
    path.write_text(text)
    return read(path)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def package_w(found: Imported) -> list[float | None]:
    device = next(device.id for device in found.devices if device.boundary == "package")
    samples = pl.concat(list(found.samples)).filter(pl.col("device_id") == device).sort("t_ns")
    return samples["power_w"].to_list()


def test_a_sound_log_has_no_doubt_and_its_times_go_forward(tmp_path: Path) -> None:
    """Two devices, five intervals: each power holds from the line before to its own."""
    text = HEADER.replace(" GFXWatt", " RAMWatt") + "".join(table(5 * n) for n in range(5))
    found = imported(tmp_path, text)
    assert codes(found) == set()
    assert package_w(found) == [40.0] * 10


def test_words_behind_the_last_cell_are_a_comment(tmp_path: Path) -> None:
    """As people paste it into forums: 107 W at full load, the reading that a comment stands behind."""
    rows = "0.02 1182 1.57 0.89\n80.21 4530 107.26 0.89 <<< Power limit 2 engaged\n"
    found = imported(tmp_path, "Busy% Bzy_MHz PkgWatt RAMWatt\n" + rows)
    assert package_w(found) == [1.57, 1.57, 107.26, 107.26]
    assert codes(found) == {"no_times"}


def test_a_cut_line_keeps_its_place_in_time_and_has_no_power(tmp_path: Path) -> None:
    """Four lines at 5 s without times, the third cut in its power: 15 to 20 s stays with the fourth."""
    found = imported(tmp_path, "Busy% Bzy_MHz PkgWatt\n5 900 10.00\n5 900 20.00\n5 900\n5 900 40.00\n")
    assert package_w(found) == [10.0, 10.0, 20.0, 20.0, None, None, 40.0, 40.0]
    assert "ragged_rows" in codes(found)


def test_stated_intervals_are_the_times(tmp_path: Path) -> None:
    """turbostat says how long its command took: 10 s and 2 s at 6 W and 60 W."""
    text = "10.000000 sec\nCPU Busy% PkgWatt\n- 5 6.00\n2.000000 sec\nCPU Busy% PkgWatt\n- 5 60.00\n"
    found = imported(tmp_path, text)
    samples = pl.concat(list(found.samples)).sort("t_ns")
    assert (samples["t_ns"] / 1e9).round(3).to_list() == [0.0, 10.0, 10.0, 12.0]
    assert codes(found) == set()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("cores above the package", table(25, watts=20.0)),
        ("another digit in the package's own line", table(25, watts=40.0, package=90.0)),
        ("busy beyond a hundred", table(25).replace(" 50.00 ", " 500.00 ")),
        ("a clock that is not the busy share", table(25).replace(" 1000 ", " 100 ")),
    ],
)
def test_numbers_that_deny_each_other_are_told(tmp_path: Path, name: str, line: str) -> None:
    found = imported(tmp_path, HEADER + "".join(table(5 * n) for n in range(5)) + line)
    assert codes(found) == {"contradicting_numbers"}, name


def test_a_line_that_is_missing_from_a_regular_series_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, HEADER + "".join(table(5 * n) for n in range(8) if n != 4))
    assert [note.text for note in found.notes if note.code == "missing_readings"] == [
        "1 readings are missing from a series of one each 5 s"
    ]
