"""Logs that no format knows: what stands beside what is not added to it, and rows of several devices are parted."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.guess import guess
from ecoanalysis.importers.read import read


def log(tmp_path: Path, text: str, **columns: str) -> Imported:
    path = tmp_path / "log.csv"
    path.write_text(text)
    return read(path, Options(format="generic", columns=columns) if columns else None)


def powers(imported: Imported) -> dict[tuple[str, str, int], list[float | None]]:
    """The readings of each device, by its boundary, name and number."""
    samples = pl.concat(list(imported.samples)).sort("t_ns")
    return {
        (device.boundary, device.name, device.index): samples.filter(pl.col("device_id") == device.id)[
            "power_w"
        ].to_list()
        for device in imported.devices
    }


def times_s(imported: Imported) -> list[float]:
    return (pl.concat(list(imported.samples))["t_ns"] / 1e9).unique().sort().to_list()


@pytest.mark.parametrize(
    ("header", "boundaries"),
    [
        ("time_s,cpu_power_w,gpu_power_w,total_power_w", ["package", "board"]),  # the sum of both
        ("time_s,gpu0_w,gpu1_w,gpu_total_w", ["board", "board"]),
        ("time_s,gpu_total_w", ["board"]),  # nothing beside it
        ("time_s,power_w,avg_power_w", ["node"]),
        ("time_s,CPU Package (W),CPU Cores (W),IA Power_0(Watt)", ["package"]),
        ("time_s,CPU Socket Power (W)", ["package"]),  # no plug
        ("time_s,psys_power_w,cpu_power_w", ["platform", "package"]),
        ("time_s,gpu_power_w,gpu_memory_power_w,gpu_enforced_power_limit_w", ["board"]),
    ],
)
def test_sums_means_parts_and_limits_are_not_read_beside_what_they_are_of(
    header: str, boundaries: list[str]
) -> None:
    found = guess(header.split(","))
    assert [ours.split(".")[1] for ours in found if ours.startswith("power_w")] == boundaries


def test_rows_of_one_time_are_the_devices_that_a_column_numbers(tmp_path: Path) -> None:
    """The machine's processor stands once beside each of its GPUs, and counts once."""
    rows = "".join(
        f"2026-04-08 12:46:5{s},{40 + s},{gpu},NVIDIA GeForce RTX 4090,{100 * (gpu + 1) + s},{340 + 3 * s}\n"
        for s in range(4)
        for gpu in range(2)
    )
    found = log(tmp_path, "timestamp,cpu_power_w,gpu_index,gpu_name,gpu_power_w,total_power_w\n" + rows)
    name = found.devices[1].name
    assert powers(found) == {
        ("package", "cpu_power_w", 0): [40, 41, 42, 43],
        ("board", name, 0): [100, 101, 102, 103],
        ("board", name, 1): [200, 201, 202, 203],
    }
    assert "4090" in name
    assert any("gpu_index says whose" in note.text for note in found.notes)


def test_rows_of_sensors_are_what_their_names_say(tmp_path: Path) -> None:
    """The cores are in the package; what reads 0 W throughout has no meter."""
    said = {"CPU Package": 17.5, "CPU Cores": 15.5, "CPU Memory": 0.0, "GPU Power": 2.5}
    rows = "".join(
        f"{s}.000,{name},{watts + s * (watts > 0)}\n" for s in range(3) for name, watts in said.items()
    )
    found = log(tmp_path, "Time_Seconds,Sensor_Name,Watts\n" + rows)
    assert powers(found) == {
        ("package", "CPU Package", 0): [17.5, 18.5, 19.5],
        ("board", "GPU Power", 2): [2.5, 3.5, 4.5],
    }
    assert any(note.code == "no_power" and "CPU Memory" in note.text for note in found.notes)


def test_rows_of_one_time_that_nothing_tells_apart_are_out_of_use(tmp_path: Path) -> None:
    rows = "".join(f"2026-04-08 12:46:5{s},{watts}\n" for s in range(4) for watts in (100, 200))
    found = log(tmp_path, "timestamp,gpu_power_w\n" + rows)
    note = next(note for note in found.notes if note.code == "devices_not_told_apart")
    assert (note.severity, note.hint) == ("error", "say which column does: --column device=…")


def test_stamps_of_whole_seconds_of_one_device_are_no_devices(tmp_path: Path) -> None:
    """Three or two readings a second, spread over it: no number of devices is 2.5."""
    rows = "".join(f"2026-04-08 12:46:{50 + 2 * place // 5},{100 + place}\n" for place in range(10))
    found = log(tmp_path, "timestamp,power_w\n" + rows)
    assert not [note for note in found.notes if note.severity == "error"]
    assert times_s(found) == pytest.approx(
        [0, 1 / 3, 2 / 3, 1, 1.5, 2, 2 + 1 / 3, 2 + 2 / 3, 3, 3.5], abs=1e-5
    )


def test_a_clock_in_two_columns_is_joined(tmp_path: Path) -> None:
    rows = "".join(f"2026-08-17,22:35:5{s},{100 + s}\n" for s in range(3))
    found = log(tmp_path, "Date,Time,GPU Power [W]\n" + rows)
    assert times_s(found) == [0, 1, 2]
    assert found.recordings[0].started_utc_ns == 1_787_006_150 * 10**9  # 2026-08-17T22:35:50Z


@pytest.mark.parametrize(
    ("before", "after"),
    [("30/04/2026 23:59:59", "01/05/2026 00:00:01"), ("4/30/2026 11:59:59 PM", "5/1/2026 12:00:01 AM")],
)
def test_dates_of_numbers_are_read_where_one_tells_the_day(tmp_path: Path, before: str, after: str) -> None:
    """Day first and month first: two seconds over the end of April, not a month."""
    found = log(tmp_path, f"timestamp,power_w\n{before},100\n{after},120\n")
    assert times_s(found) == [0, 2]


def test_dates_that_may_be_two_days_are_asked_for(tmp_path: Path) -> None:
    text = "timestamp,power_w\n11/12/2025 23:59,100\n12/12/2025 00:01,120\n"
    with pytest.raises(EcoError, match="day and month cannot be told apart") as raised:
        log(tmp_path, text)
    assert "--column date=dmy" in str(raised.value.hint)
    assert times_s(log(tmp_path, text, date="dmy")) == pytest.approx([0, 120])
    assert times_s(log(tmp_path, text, date="mdy")) == pytest.approx(
        [0, 29 * 86_400 + 120]
    )  # 12 November, 12 December


def test_a_part_of_the_map_may_be_said_and_the_rest_is_guessed(tmp_path: Path) -> None:
    rows = "".join(
        f"2026-04-08 12:46:5{s},{name},{w}\n" for s in range(3) for name, w in (("a", 100), ("b", 200))
    )
    found = log(tmp_path, "timestamp,which,gpu_power_w\n" + rows, device="which")
    assert powers(found) == {("board", "a", 0): [100] * 3, ("board", "b", 1): [200] * 3}


def test_what_a_heading_leaves_open_is_asked_for_by_its_name(tmp_path: Path) -> None:
    """No unit, and a clock in two columns."""
    path = tmp_path / "log.csv"
    path.write_text("Date,Time,Temperature,Power Used,Power Max\n04-03-2021,13:32:39,58,1,250\n")
    with pytest.raises(EcoError) as raised:
        read(path)
    assert "--column 'time=Date+Time' --column 'power_w=Power Used:W'" in str(raised.value.hint)


def test_rows_without_a_time_take_the_interval_that_is_said(tmp_path: Path) -> None:
    found = log(tmp_path, "power.draw [W]\n13.5 W\n14.5 W\n42 W\n", time="=500ms", power_w="power.draw [W]:W")
    assert times_s(found) == [0, 0.5, 1.0]
    assert [*powers(found).values()] == [[13.5, 14.5, 42]]


def test_a_board_without_a_reading_is_left_out_beside_another_of_its_name(tmp_path: Path) -> None:
    rows = "".join(
        f"2026-04-08 12:46:5{s},{gpu},RTX 4090,{watts}\n"
        for s in range(3)
        for gpu, watts in ((0, 99), (1, 0))
    )
    found = log(tmp_path, "timestamp,gpu_index,gpu_name,gpu_power_w\n" + rows)
    assert list(powers(found).values()) == [[99, 99, 99]]
    assert any(note.code == "no_power" for note in found.notes)


def test_numbers_that_are_no_dates_are_told_to_be_taken_as_seconds(tmp_path: Path) -> None:
    """Milliseconds without a unit would be a thousandfold of the energy."""
    text = "0,100\n500,110\n1000,120\n"
    found = log(tmp_path, "time,power_w\n" + text)
    note = next(note for note in found.notes if note.code == "times_in_seconds")
    assert (note.severity, note.hint) == ("warning", "say another: --column 'time=time:ms'")
    for named in (
        log(tmp_path, "time_ms,power_w\n" + text),
        log(tmp_path, "time,power_w\n17e8,100\n1700000001,110\n"),
    ):
        assert "times_in_seconds" not in {note.code for note in named.notes}


def test_a_recording_starts_at_its_earliest_time(tmp_path: Path) -> None:
    text = "timestamp,power_w\n1700000009,100\n1700000000,110\n1700000001,120\n"
    found = log(tmp_path, text, time="timestamp", power_w="power_w:W")
    assert found.recordings[0].started_utc_ns == 1_700_000_000 * 10**9
