"""nvidia-smi logs as spreadsheets, other locales and other tools leave them: the same watts at the same seconds."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.read import read

FIRST_NS = 1_787_006_154 * 10**9 + 844_000_000  # 2026-08-17 22:35:54.844 UTC


def log(folder: Path, text: str) -> Path:
    path = folder / "gpu.csv"
    path.write_text(text)
    return path


def readings(imported: Imported) -> list[tuple[float, float | None]]:
    """Seconds and watts of the samples."""
    samples = pl.concat(list(imported.samples))
    return list(zip((samples["t_ns"] / 1e9).to_list(), samples["power_w"].to_list(), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        # a spreadsheet of a country with decimal commas
        "timestamp;index;power.draw [W]\n17.08.2026 22:35:54.844;0;44,94\n17.08.2026 22:35:55.844;0;45,5\n",
        "timestamp\tindex\tpower.draw [W]\n2026/08/17 22:35:54.844\t0\t44.94 W\n2026/08/17 22:35:55.844\t0\t45.5 W\n",
        (
            '"timestamp","index","power.draw [W]"\n"2026/08/17 22:35:54.844","0","44.94 W"\n'
            '"2026/08/17 22:35:55.844","0","45.5 W"\n'
        ),
        # pandas' index before it
        ",timestamp, power.draw [W]\n0,2026/08/17 22:35:54.844, 44.94 W\n1,2026/08/17 22:35:55.844, 45.5 W\n",
        "timestamp,index,power.draw [W]\n2026-08-17T22:35:54.844Z,0,44.94\n2026-08-17T22:35:55.844Z,0,45.5\n",
        "timestamp,power.draw [W]\n2026-08-18 00:35:54.844+02:00,44.94\n2026-08-18 00:35:55.844+02:00,45.5\n",
        "timestamp, index, power.draw [W]\n1787006154.844, 0, 44.94\n1787006155.844, 0, 45.5\n",
        # messages before, between, and fewer cells in the first line than in the others
        (
            "Mon Aug 17\nhello\ntimestamp, index, power.draw [W]\n2026/08/17 22:35:54.844, 0, 44.94 W\n"
            "NVIDIA-SMI has failed, with, a, long, message\n2026/08/17 22:35:55.844, 0, 45.5 W\n"
        ),
    ],
)
def test_the_same_watts_at_the_same_seconds(tmp_path: Path, text: str) -> None:
    imported = read(log(tmp_path, text))
    assert readings(imported) == [(0, 44.94), (1, 45.5)]
    assert imported.recordings[0].started_utc_ns == FIRST_NS


def test_times_with_a_zone_do_not_take_another(tmp_path: Path) -> None:
    text = (
        "timestamp,index,power.draw [W]\n2026-08-17T22:35:54.844Z,0,44.94\n2026-08-17T22:35:55.844Z,0,45.5\n"
    )
    imported = read(log(tmp_path, text), Options(tz="Europe/Berlin"))
    assert imported.recordings[0].started_utc_ns == FIRST_NS
    assert "naive_time" not in {note.code for note in imported.notes}


def test_a_chunk_that_begins_with_a_message_loses_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first line of one cell once decided that all lines of its chunk had one."""
    lines = [f"2026/08/17 22:35:{second:02d}.000, 0, {second}.5 W\n" for second in range(40)]
    text = "timestamp, index, power.draw [W]\n" + "busy\n".join(lines)
    chunks = [line.encode() + b"\n" for line in text.splitlines()]
    monkeypatch.setattr("ecoanalysis.importers.nvidia_smi.line_chunks", lambda head: iter(chunks))
    assert len(readings(read(log(tmp_path, text)))) == 40


def test_throttle_reasons_are_bits(tmp_path: Path) -> None:
    header = "timestamp, index, power.draw.instant [W], clocks_event_reasons.active\n"
    imported = read(log(tmp_path, header + "2026/08/17 22:35:54.844, 0, 44 W, 0x0000000000000024\n"))
    assert pl.concat(list(imported.samples))["throttle_bits"].to_list() == [0x24]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("timestamp, index, power.draw [W]\n08/09/2026 22:35:54, 0, 44.94 W\n", "told apart", "YYYY-MM-DD"),
        ("2026/08/17 22:35:54.844, 0, L4, 44.94\n", "no names", "--column header="),
        ("index, power.draw [W]\n0, 44.94 W\n", "no line with a time", "--column time==1s"),
    ],
)
def test_what_cannot_be_told_is_asked_for(tmp_path: Path, text: str, message: str, hint: str) -> None:
    with pytest.raises(EcoError, match=message) as caught:
        read(log(tmp_path, text))
    assert hint in caught.value.hint


def test_a_header_that_the_user_gives_reads_a_log_without_one(tmp_path: Path) -> None:
    options = Options(format="nvidia_smi", columns={"header": "timestamp,index,name,power.draw [W]"})
    text = "2026/08/17 22:35:54.844, 0, NVIDIA L4, 44.94\n2026/08/17 22:35:55.844, 0, NVIDIA L4, 45.5\n"
    imported = read(log(tmp_path, text), options)
    assert readings(imported) == [(0, 44.94), (1, 45.5)]
    assert imported.devices[0].name == "NVIDIA L4"


def test_gpus_are_told_apart_by_any_column_that_does(tmp_path: Path) -> None:
    """A script that wrote its own number as `gpu`, while `index` is another column's value."""
    path = tmp_path / "gpu.csv"
    rows = "".join(
        f"2026-08-17T22:35:{s:02d}+08:00,{gpu}, 0, {70 + gpu}.5, 33\n" for s in range(6) for gpu in range(3)
    )
    path.write_text("timestamp,gpu,index,power.draw,temperature.gpu\n" + rows)
    imported = read(path)
    assert sorted(device.index for device in imported.devices) == [0, 1, 2]
    assert not [note for note in imported.notes if note.severity != "info"]


def test_lines_that_are_missing_from_a_log_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "gpu.csv"
    seconds = (*range(8), *range(11, 18))  # 8, 9 and 10 are gone
    path.write_text(
        "timestamp, index, power.draw [W]\n"
        + "".join(f"2026/08/17 22:35:{s:02d}.844, {gpu}, 44.94 W\n" for s in seconds for gpu in (0, 1))
    )
    assert [note.text for note in read(path).notes if note.code == "missing_readings"] == [
        "6 readings are missing from series that keep an interval"
    ]


@pytest.mark.parametrize(("column", "found"), [("index", []), ("uuid", []), ("name", ["error"])])
def test_gpus_are_not_told_apart_where_no_column_could(tmp_path: Path, column: str, found: list[str]) -> None:
    """One GPU twice a second with stamps in whole seconds, or two GPUs of one name: a number or uuid tells them."""
    lines = "".join(f"2026/08/17 22:35:{place // 2:02d}, 7, 44.94 W\n" for place in range(20))
    path = log(tmp_path, f"timestamp, {column}, power.draw [W]\n" + lines)
    assert [note.severity for note in read(path).notes if note.code == "devices_not_told_apart"] == found


def test_a_column_with_a_unit_is_no_number_of_a_gpu(tmp_path: Path) -> None:
    """A utilisation that a script calls "gpu [%]" once made a device of each of its values."""
    lines = "".join(f"2026/08/17 22:35:{s:02d}.000, 0, {10 + 7 * s}, 44.94 W\n" for s in range(10))
    imported = read(log(tmp_path, "timestamp, index, gpu [%], power.draw [W]\n" + lines))
    assert [device.index for device in imported.devices] == [0]


def test_a_log_that_was_continued_the_next_day_has_a_pause_and_no_lost_lines(tmp_path: Path) -> None:
    lines = "".join(
        f"2026/08/{day} 22:35:{s:02d}.844, {gpu}, 44.94 W\n"
        for day in (17, 18)
        for s in range(10)
        for gpu in (0, 1)
    )
    notes = read(log(tmp_path, "timestamp, index, power.draw [W]\n" + lines)).notes
    assert [(note.code, note.text) for note in notes if note.severity == "warning"] == [
        ("paused", "nothing was recorded for 86391 s")
    ]


@pytest.mark.parametrize(
    ("text", "columns", "times_s"),
    [
        # `--format csv -o DT`
        (
            (
                "#Date, Time, gpu, pwr, gtemp, mtemp, sm\n#YYYYMMDD, HH:MM:SS, Idx, W, C, C, %\n"
                "20250731, 10:22:31, 0, 61, 34, -, 0\n20250731, 10:22:33, 0, 63, 34, -, 9\n"
            ),
            {},
            [0, 2],
        ),
        # `-o T`: over midnight
        ("#Time gpu pwr sm\n#HH:MM:SS Idx W %\n 23:59:58 0 61 0\n 00:00:01 0 63 9\n", {}, [0, 3]),
        # no time: the interval that the user says; a comment on top is no lost line
        (
            "# nvidia-smi dmon -i 0 -d 15\n# gpu pwr sm\n# Idx W %\n 0 61 0\n 0 63 9\n",
            {"time": "=15s"},
            [0, 15],
        ),
    ],
)
def test_dmon_takes_the_times_that_its_lines_have(
    tmp_path: Path, text: str, columns: dict[str, str], times_s: list[float]
) -> None:
    path = tmp_path / "dmon.log"
    path.write_text(text)
    found = read(path, Options(columns=columns))
    rows = pl.concat(list(found.samples))
    assert (rows["t_ns"] / 1e9).to_list() == pytest.approx(times_s)
    assert rows["power_w"].to_list() == [61, 63]
    assert rows["util_ratio"].to_list() == pytest.approx([0, 0.09])
    assert {note.code for note in found.notes if note.severity != "info"} == set()


SCREEN = """{date}
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.133.20             Driver Version: 570.133.20     CUDA Version: 12.8     |
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|   0  NVIDIA L4                      Off |   00000000:AB:00.0 Off |                    0 |
| N/A   {temperature}C    P0             {watts}W /  72W |     512MiB /  23034MiB |     {load}%      Default |
|                                         |                        |             Disabled |
|   1  GeForce GTX 108...  Off            | 00000000:03:00.0    On |                  N/A |
| 23%   38C    P8             N/A /  N/A  |     403MiB / 11175MiB  |      0%      Default |
|    0   N/A  N/A            1234      C   python                                  512MiB |
"""


def test_screens_are_read_under_their_dates(tmp_path: Path) -> None:
    """Two screens two seconds apart; the second board shows no power, and none is invented."""
    screens = [
        SCREEN.format(
            date=f"Fri Aug  1 15:47:0{s} 2025       ", temperature=33 + s, watts=50 + s, load=10 * s
        )
        for s in (6, 8)
    ]
    path = tmp_path / "screens.log"
    path.write_text("".join(screens))
    found = read(path)
    rows = {
        device.index: pl.concat(list(found.samples)).filter(pl.col("device_id") == device.id)
        for device in found.devices
    }
    assert found.source.format == "nvidia_smi_screen"
    assert rows[0]["power_w"].to_list() == [56, 58]
    assert rows[0]["t_ns"].to_list() == [0, 2 * 10**9]
    assert rows[0]["util_ratio"].to_list() == pytest.approx([0.6, 0.8])
    assert rows[0]["memory_bytes"].to_list() == [512 * 2**20] * 2
    assert rows[1]["power_w"].to_list() == [None, None]
    assert found.devices[1].energy_source == "none"
    assert found.recordings[0].started_utc_ns == 1_754_063_226 * 10**9  # 1 August 2025, 15:47:06 UTC


def test_one_screen_has_no_energy_over_time(tmp_path: Path) -> None:
    path = tmp_path / "screen.log"
    path.write_text(SCREEN.format(date="Fri Aug  1 15:47:06 2025", temperature=33, watts=50, load=0))
    with pytest.raises(EcoError, match="1 screens") as raised:
        read(path)
    assert "--query-gpu=timestamp" in str(raised.value.hint)
