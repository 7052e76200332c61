"""A line, cell or number that is torn leaves a note, in the formats that are read line by line too."""

from pathlib import Path

import pytest

from ecoanalysis.importers.read import read
from tests.ecoanalysis.importers.specimen_logs import LOGS
from tests.ecoanalysis.importers.specimen_results import RESULTS

TORN = [
    ("uprof.csv", "95.73", "95.", "cut_number"),
    ("hwinfo.csv", "17.8.2026,22:35:03.250,45.07,27.042,90.5,20,", "nan", "unreadable_lines"),
    ("pyjoules_of_eight.csv", ";318300", ";31:300", "lost_readings"),
    ("perun_of_ten.csv", ",0.000,4.000", ",0.000,", "unreadable_lines"),
    ("perun_of_ten.csv", ",1.0,8.982,", ",,8.982,", "unreadable_lines"),
    ("perf.txt", "             18.18 Joules power/energy-ram/", "     ", "unreadable_lines"),
    ("perf.txt", "Aug 17 22:35:03 2026", "Aug 17 22:35:g/", "unreadable_lines"),
    ("screens.log", "|   0  NVIDIA L4  ", "|      NVIDIA L4  ", "unreadable_lines"),
    ("alumet.csv", ";3.08;dram", ";-3.08;dram", "negative_readings"),
    ("power_gadget.csv", ", 19.322, 3.067", ", 19.322, -3.067", "contradicting_numbers"),
    ("energy_score.csv", ",1000,998,", ",1000,998000.0,", "contradicting_numbers"),
]


def notes(path: Path, text: str) -> set[tuple[str, str]]:
    path.write_text(text)
    return {(note.code, note.text) for note in read(path).notes}


@pytest.mark.parametrize(("name", "whole", "torn", "code"), TORN)
def test_what_is_torn_is_told(tmp_path: Path, name: str, whole: str, torn: str, code: str) -> None:
    text = (LOGS | RESULTS)[name].decode()
    assert whole in text
    sound, damaged = notes(tmp_path / name, text), notes(tmp_path / name, text.replace(whole, torn, 1))
    assert code in {found for found, _ in damaged - sound}
