"""tegrastats and jtop, in the form that their public logs have: the module, and not its rails again."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.read import read

LINE = (
    "{when}RAM {ram}/7620MB (lfb 4x4MB) SWAP 0/3810MB (cached 0MB) CPU [9%@1510,3%@1510,off] EMC_FREQ 2%@2133 "
    "GR3D_FREQ {load}%@[305,0] NVENC off APE 174 cpu@48.5C tj@50.25C gpu@{gpu}C {rails}\n"
)


def log(tmp_path: Path, text: str, **columns: str) -> Imported:
    path = tmp_path / "tegrastats.log"
    path.write_text(text)
    return read(path, Options(columns=columns))


def lines(rails: list[str], whens: list[str] | None = None) -> str:
    whens = whens or [""] * len(rails)
    return "".join(
        LINE.format(when=when, ram=1000 + place, load=10 * place, gpu=45 + place, rails=said)
        for place, (when, said) in enumerate(zip(whens, rails, strict=True))
    )


def samples(found: Imported) -> pl.DataFrame:
    return pl.concat(list(found.samples)).sort("t_ns")


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def test_the_rail_that_feeds_the_module_is_the_module_and_its_first_number_is_now(tmp_path: Path) -> None:
    """Xavier NX and Orin NX: 6.0, 7.5 and 9.0 W now; means of 6.0, 6.7, 7.4 W stand behind the slash."""
    rails = [
        "VDD_IN 6000mW/6000mW VDD_CPU_GPU_CV 1500mW/1500mW VDD_SOC 1200mW/1200mW",
        "VDD_IN 7500mW/6700mW VDD_CPU_GPU_CV 2500mW/2000mW VDD_SOC 1300mW/1250mW",
        "VDD_IN 9000mW/7400mW VDD_CPU_GPU_CV 3500mW/2500mW VDD_SOC 1400mW/1300mW",
    ]
    found = log(tmp_path, lines(rails, [f"07-21-2025 16:33:4{s} " for s in (2, 3, 5)]))
    (device,), rows = found.devices, samples(found)
    assert (found.source.format, device.boundary, device.name) == (
        "tegrastats",
        "module",
        "NVIDIA Jetson VDD_IN",
    )
    assert rows["power_w"].to_list() == [6.0, 7.5, 9.0]
    assert (rows["t_ns"] / 1e9).to_list() == [0, 1, 3]
    assert rows["util_ratio"].to_list() == pytest.approx([0, 0.1, 0.2])
    assert rows["temperature_c"].to_list() == [45, 46, 47]
    assert rows["memory_bytes"].to_list() == [(1000 + s) * 2**20 for s in range(3)]
    assert found.recordings[0].started_utc_ns == 1_753_115_622 * 10**9  # 21 July 2025, 16:33:42 UTC
    assert codes(found) == set()


@pytest.mark.parametrize(
    ("rails", "watts"),
    [
        ("POM_5V_IN 2793/1750 POM_5V_GPU 76/25 POM_5V_CPU 1222/604", 2.793),  # Nano, until JetPack 4
        ("VDD_SYS_GPU 192/192 VDD_SYS_SOC 529/529 VDD_IN 3566/3566 VDD_SYS_CPU 1156/1156", 3.566),  # TX2
        ("VDD_IN 7006mW/7106mW/7206mW VDD_SOC 1100mW/1100mW/1100mW", 7.006),  # a third number
        (
            "VDD_GPU 3000mW/3000mW VDD_CPU_SOC_MSS 5000mW/5000mW VIN_SYS_5V0 5000mW/5000mW VIN 25000mW/24000mW",
            25.0,
        ),
    ],
)
def test_every_generation_of_boards_is_read_in_milliwatts(tmp_path: Path, rails: str, watts: float) -> None:
    assert samples(log(tmp_path, lines([rails] * 3)))["power_w"].to_list() == [watts] * 3


def test_where_no_rail_feeds_all_the_module_is_all_rails_and_a_warning_says_so(tmp_path: Path) -> None:
    """AGX Orin: 2.8 + 0.8 + 3.2 W."""
    rails = "VDD_GPU_SOC 2800mW/2800mW VDD_CPU_CV 800mW/800mW VIN_SYS_5V0 3200mW/3200mW"
    found = log(tmp_path, lines([rails] * 3, [f"07-21-2025 16:33:4{s} " for s in range(3)]))
    rows = samples(found).group_by("t_ns").agg(pl.col("power_w").sum())
    assert rows["power_w"].to_list() == pytest.approx([6.8] * 3)
    assert {device.boundary for device in found.devices} == {"module"}
    assert codes(found) == {"rails_only"}


def test_lines_without_a_time_take_the_default_interval_or_the_one_that_is_said(tmp_path: Path) -> None:
    text = lines(["VDD_IN 6000mW/6000mW"] * 3)
    found = log(tmp_path, text)
    assert (samples(found)["t_ns"] / 1e9).to_list() == [0, 1, 2]
    assert codes(found) == {"no_times"}
    found = log(tmp_path, text, time="=100ms")
    assert (samples(found)["t_ns"] / 1e9).to_list() == pytest.approx([0, 0.1, 0.2])
    assert codes(found) == set()


def test_lines_of_one_second_are_spread_over_it(tmp_path: Path) -> None:
    """Two lines a second under stamps of whole seconds."""
    whens = [f"07-21-2025 16:33:4{s} " for s in (0, 0, 1, 1, 2, 2)]
    found = log(tmp_path, lines(["VDD_IN 6000mW/6000mW"] * 6, whens))
    assert (samples(found)["t_ns"] / 1e9).to_list() == [0, 0.5, 1, 1.5, 2, 2.5]


def test_a_line_twice_and_two_lines_in_one_are_told(tmp_path: Path) -> None:
    whole = lines(["VDD_IN 6000mW/6000mW"] * 4, [f"07-21-2025 16:33:4{s} " for s in range(4)]).splitlines(
        keepends=True
    )
    twice = log(tmp_path, "".join([*whole[:2], *whole[1:]]))
    assert codes(twice) == {"repeated_rows"}
    glued = log(tmp_path, whole[0] + whole[1].strip() + " " + "".join(whole[2:]))
    assert samples(glued).height == 2
    assert "unreadable_lines" in codes(glued)


def test_a_log_without_powers_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="no power of a rail") as raised:
        log(tmp_path, lines(["", ""]))
    assert "sudo tegrastats" in str(raised.value.hint)


def test_jtop_writes_milliwatts_of_the_module(tmp_path: Path) -> None:
    head = "time,uptime,CPU1,RAM,GPU,Temp GPU,Power VDD_CPU_GPU_CV,Power VDD_SOC,Power TOT,jetson_clocks,nvp model\n"
    row = "2024-05-01 10:00:0{s}.250000,5 days,10,0.4,{load},51.5,2000,1000,{total},OFF,MAXN\n"
    text = head + "".join(row.format(s=s, load=20 * s, total=5000 + 500 * s) for s in range(3))
    found = log(tmp_path, text)
    (device,), rows = found.devices, samples(found)
    assert (found.source.format, device.boundary) == ("jtop", "module")
    assert rows["power_w"].to_list() == [5.0, 5.5, 6.0]
    assert rows["util_ratio"].to_list() == pytest.approx([0, 0.2, 0.4])
    assert codes(found) == set()


def test_a_row_of_jtop_without_a_time_is_left_out_by_name(tmp_path: Path) -> None:
    rows = "".join(f"{when},5000\n" for when in ("2024-05-01 10:00:00", "lost", "2024-05-01 10:00:01"))
    found = log(tmp_path, "time,Power TOT\n" + rows)
    assert (found.rows.read_count, found.rows.left_out) == (3, (("no time in it", 1),))
    assert "unreadable_lines" in codes(found)
