"""PTDaemon logs: windows, time zones, channels, error readings."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.read import read

LINE = "Time,03-17-2021 00:00:{second:02d}.000,Watts,{watts},Volts,230,Amps,1,PF,0.9,Mark,x\n"


def loadgen(folder: Path, begin: str, end: str) -> None:
    keys = {
        "power_begin": begin,
        "power_end": end,
        "result_samples_per_second": 2.0,
        "effective_scenario": "Offline",
        "result_validity": "VALID",
    }
    lines = [
        f':::MLLOG {{"key": "{key}", "value": {value if isinstance(value, float) else chr(34) + value + chr(34)}}}'
        for key, value in keys.items()
    ]
    (folder / "mlperf_log_detail.txt").write_text("\n".join(lines))


def log(folder: Path, watts: list[float]) -> Path:
    path = folder / "spl.txt"
    path.write_text("".join(LINE.format(second=second, watts=value) for second, value in enumerate(watts)))
    return path


def test_energy_per_sample_of_published_logs(shared_data: Path) -> None:
    folder = shared_data / "mlperf_raw_spl_samples"
    for row in pl.read_csv(folder / "expected.csv").iter_rows(named=True):
        imported = read(folder / f"{row['file']}.spl.txt.xz")
        infer = [mark for mark in imported.marks if mark.phase == "infer"]
        begin, end = infer[0].t_ns, infer[1].t_ns + 1
        window = pl.concat(list(imported.samples)).filter(pl.col("t_ns").is_between(begin, end))
        assert (end - begin) / 1e9 == pytest.approx(row["expected_window_s"], abs=2e-3)
        mean = window["power_w"].mean()
        assert mean == pytest.approx(row["expected_avg_power_w"], rel=3e-4)
        assert mean * (end - begin) / 1e9 / infer[1].items_count == pytest.approx(
            row["expected_energy_per_sample_j"], rel=3e-4
        )


def test_error_readings_are_dropped_and_counted(tmp_path: Path) -> None:
    imported = read(log(tmp_path, [100.0, -2.0, 0.0, 100.0]))
    assert pl.concat(list(imported.samples)).height == 2
    assert any(note.code == "analyser_error" and note.text.startswith("2 ") for note in imported.notes)


def test_a_window_in_another_time_zone_is_moved_and_noted(tmp_path: Path) -> None:
    loadgen(tmp_path, "03-16-2021 17:00:02.000", "03-16-2021 17:00:08.000")
    imported = read(log(tmp_path, [100.0] * 12))
    infer = [mark for mark in imported.marks if mark.phase == "infer"]
    assert infer[1].t_ns + 1 - infer[0].t_ns == 6_000_000_000
    assert infer[1].items_count == 12
    assert [note.code for note in imported.notes if note.severity == "warning"] == ["time_zone_offset"]


def test_a_window_that_is_not_in_the_log_is_an_error(tmp_path: Path) -> None:
    loadgen(tmp_path, "03-16-2021 17:07:02.000", "03-16-2021 17:07:08.000")
    with pytest.raises(EcoError, match="does not lie in the power log"):
        read(log(tmp_path, [100.0] * 12))


def test_the_first_watts_of_a_channel_line_are_the_total(tmp_path: Path) -> None:
    path = tmp_path / "spl.txt"
    channels = ",Ch1,Watts,100,Volts,230,Amps,1,PF,1,Ch2,Watts,200,Volts,230,Amps,1,PF,1"
    line = "Time,03-17-2021 00:00:0{}.000,Watts,300,Volts,230,Amps,1,PF,0.9,Mark,x" + channels + "\n"
    path.write_text("".join(line.format(second) for second in range(4)))
    assert pl.concat(list(read(path).samples))["power_w"].to_list() == [300.0] * 4


def test_a_log_without_loadgen_is_one_window_and_says_so(tmp_path: Path) -> None:
    imported = read(log(tmp_path, [100.0] * 4))
    assert "no_window" in {note.code for note in imported.notes}
    assert imported.runs[0].items_count is None
