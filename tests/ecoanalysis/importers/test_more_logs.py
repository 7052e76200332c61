"""Logs of amd-smi, Alumet, HWiNFO and EnergiBridge, in the form that their public examples have."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.energy.counter import undo_wraps
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read


def imported(tmp_path: Path, text: str, encoding: str = "utf-8") -> Imported:
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode(encoding))
    return read(path)


def mean_w(found: Imported) -> dict[str, float]:
    """Return the mean power by boundary and number; of a counter by its ends."""
    samples = pl.concat(list(found.samples))
    means = {}
    for device in found.devices:
        rows = samples.filter(pl.col("device_id") == device.id).sort("t_ns")
        power = rows["power_w"].mean()
        if power is None:
            span_s = (rows["t_ns"][-1] - rows["t_ns"][0]) / 1e9
            power = (rows["energy_j"][-1] - rows["energy_j"][0]) / span_s
        means[f"{device.boundary} {device.index}"] = power
    return means


def doubts(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def test_amd_smi_is_a_board_per_gpu(tmp_path: Path) -> None:
    """Ticks are parted by empty lines, and lists of the dies stand in quotes."""
    head = "timestamp,gpu,gfx_activity,umc_activity,vcn_activity,socket_power,gfx_0_clk,edge,hotspot,mem\n"
    tick = (
        "{t},0,{u},0,\"['N/A', 'N/A']\",{w},95,N/A,37,23\n{t},1,0,0,\"['N/A', 'N/A']\",240,95,N/A,41,26\n\n"
    )
    text = head + "".join(tick.format(t=1_786_553_852 + s, u=10 * s, w=200 + 100 * s) for s in range(5))
    found = imported(tmp_path, text)
    assert found.source.format == "amd_smi"
    assert mean_w(found) == {"board 0": 400.0, "board 1": 240.0}
    assert pl.concat(list(found.samples))["util_ratio"].max() == pytest.approx(0.4)
    assert doubts(found) == set()


@pytest.mark.parametrize("late", [False, True])
def test_alumet_writes_the_joules_since_the_measurement_before(tmp_path: Path, late: bool) -> None:
    """12, 24 and 36 J at 0, 1 and 2 s: 60 J over 2 s, the first belongs to a time before the log."""
    attributes = ("domain=package", "domain=dram") if late else ("package;", "dram;")
    columns = "__late_attributes" if late else "domain;__late_attributes"
    head = f"metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;{columns}\n"
    line = "{m};2025-11-02T21:12:5{s}.714734289Z;{v};{kind};0;{who};;{more}\n"
    rows = ""
    for s in range(3):
        rapl = {"m": "rapl_consumed_energy_J", "s": s}
        rows += line.format(
            **rapl, v=12 * (s + 1), kind="cpu_package", who="local_machine", more=attributes[0]
        )
        rows += line.format(**rapl, v=2, kind="dram", who="local_machine", more=attributes[1])
        rows += line.format(**rapl, v=99, kind="cpu_package", who="process", more=attributes[0])
        gpu = {"m": "nvml_energy_consumption_mJ", "s": s, "kind": "gpu", "more": "" if late else ";"}
        rows += line.format(**gpu, v=90_000, who="local_machine")
    found = imported(tmp_path, head + rows)
    assert found.source.format == "alumet"
    assert mean_w(found) == pytest.approx({"package 0": 30.0, "dram 0": 2.0, "board 0": 90.0})
    assert doubts(found) == set()


def test_hwinfo_has_day_before_month_and_a_second_header_at_its_end(tmp_path: Path) -> None:
    head = 'Date,Time,"CPU Package Power [W]","IA Cores Power [W]","GPU Power [W]",Total CPU Usage [%],Core [°C],\n'
    rows = "".join(f"13.9.2026,12:00:{s:02d}.000,{10 + s},5,90.5,{s},40,\n" for s in range(0, 10, 2))
    text = head + rows + head + ",,CPU [#0]: Intel,CPU [#0]: Intel,GPU [#0],CPU,CPU,\n"
    found = imported(tmp_path, text, "cp1252")
    assert found.source.format == "hwinfo"
    assert mean_w(found) == {"package 0": 14.0, "board 0": 90.5}
    assert doubts(found) == set()
    assert found.recordings[0].started_utc_ns == 1_789_300_800 * 10**9  # 2026-09-13 12:00 UTC


def test_alumets_energies_since_the_last_reading_become_counters_and_parts_are_not_added(
    tmp_path: Path,
) -> None:
    """Header and first row of a published log (PEERS §5.5); 10 J a second of package, of which 4 J are the cores."""
    lines = ["metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;__late_attributes"]
    for second in range(4):
        time = f"2024-05-14T21:28:5{second}.389874134Z"
        lines += [
            f"rapl_consumed_energy_J;{time};10.0;cpu_package;0;local_machine;;domain=package",
            f"rapl_consumed_energy_J;{time};4.0;cpu_package;0;local_machine;;domain=pp0",
            f"rapl_consumed_energy_J;{time};10.0;local_machine;;local_machine;;domain=package_total",
            f"nvml_instant_power_mW;{time};50000;gpu;00000000:01:00.0;local_machine;;",
            f"attributed_energy_J;{time};9.0;local_machine;;process;123;",
        ]
    path = tmp_path / "alumet.csv"
    path.write_text("\n".join(lines) + "\n")
    log = read(path)
    samples = pl.concat(list(log.samples))
    of = {device.id: device.boundary for device in log.devices}
    assert sorted(of.values()) == ["board", "package"]
    found = {of[key[0]]: rows for key, rows in samples.group_by("device_id")}
    assert found["package"].sort("t_ns")["energy_j"].to_list() == pytest.approx([0, 10, 20, 30])
    assert found["board"]["power_w"].to_list() == [50.0] * 4
    assert "left_out" in {note.code for note in log.notes}
    assert log.recordings[0].started_utc_ns == pytest.approx(1_715_722_130_389_874_134, abs=1000)


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ((0, 200, 400, 600, 800), None),
        ((0, 0, 200, 400, 600), None),  # as it writes: it reads anew before it waits for the first time
        ((0, 200, 600, 800, 1000), "missing_readings"),  # a row is gone: 400 ms on, after a Delta of 200
        ((0, 1, 2, 3, 4), "contradicting_numbers"),  # as a version for macOS wrote its times
    ],
)
def test_energibridge_says_twice_how_long_a_row_lasted(
    tmp_path: Path, times: tuple[int, ...], code: str | None
) -> None:
    path = tmp_path / "eb.csv"
    rows = "".join(f"{200 if place else 0},{1_795_443_260_000 + t},11.5\n" for place, t in enumerate(times))
    path.write_text("Delta,Time,SYSTEM_POWER (Watts)\n" + rows)
    assert {note.code for note in read(path).notes} - {"no_window"} == ({code} if code else set())


def test_energibridges_power_and_counter_of_one_package_are_one_device(tmp_path: Path) -> None:
    """Both stand in one file: 10 W by the counter, 11 W by the power; together they were 21 W of package."""
    rows = "".join(f"{200 if n else 0},{1_795_443_260_000 + 200 * n},{2.0 * n},11.0\n" for n in range(5))
    found = imported(tmp_path, "Delta,Time,CPU_ENERGY (J),CPU_POWER (Watts)\n" + rows)
    assert mean_w(found) == pytest.approx({"package 0": 10.0})


ALUMET = "metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;__late_attributes\n"


def test_a_lost_difference_of_alumet_is_no_difference_of_nothing(tmp_path: Path) -> None:
    """10 J a second, the third unreadable: the sum falls there, which the analysis bridges by the power around it."""
    line = "rapl_consumed_energy_J;2024-05-14T21:28:5{s}Z;{v};cpu_package;0;local_machine;;domain=package\n"
    text = ALUMET + "".join(line.format(s=s, v="?" if s == 2 else "10.0") for s in range(6))
    found = imported(tmp_path, text)
    assert "lost_readings" in doubts(found)
    samples = pl.concat(list(found.samples)).sort("t_ns")
    t_s, energy_j = (samples["t_ns"] / 1e9).to_numpy(), samples["energy_j"].to_numpy()
    steps = undo_wraps(t_s, energy_j, None)
    assert steps.resets.tolist() == [1]
    assert steps.energy_j.tolist() == pytest.approx([10.0] * 5)


def test_a_gpu_without_a_counter_keeps_its_power_beside_one_that_has(tmp_path: Path) -> None:
    gpu = "{metric};2024-05-14T21:28:5{s}Z;{value};gpu;{bus};local_machine;;\n"
    text = ALUMET + "".join(
        gpu.format(metric=metric, s=s, value=value, bus=bus)
        for s in range(4)
        for metric, value, bus in (
            ("nvml_energy_consumption_mJ", 90_000, "01"),
            ("nvml_instant_power_mW", 91_000, "01"),
            ("nvml_instant_power_mW", 50_000, "02"),
        )
    )
    assert sorted(mean_w(imported(tmp_path, text)).values()) == pytest.approx([50.0, 90.0])
