"""Scaphandre's and Weights & Biases' logs: microwatts, and no power twice."""

import json
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read


def imported(tmp_path: Path, text: str, name: str = "log.json") -> Imported:
    path = tmp_path / name
    path.write_text(text)
    return read(path)


def powers(found: Imported) -> dict[tuple[str, int], list[float]]:
    samples = pl.concat(list(found.samples)).sort("t_ns")
    return {
        (device.boundary, device.index): samples.filter(pl.col("device_id") == device.id)["power_w"].to_list()
        for device in found.devices
    }


def doubts(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def report(second: int, sockets: int = 2, *, dram: bool = True) -> dict[str, object]:
    """A report of Scaphandre 1: sockets of 20 W and 30 W with 2 W of DRAM each, one watt more each second."""
    when = 1_730_000_000.5 + second
    parts = [{"name": "core", "consumption": 9e6, "timestamp": when}]
    parts += [{"name": "dram", "consumption": 2e6, "timestamp": when}] if dram else []
    watts = [20 + second, 30 + second][:sockets]
    return {
        "host": {"consumption": 1e6 * (sum(watts) or 44), "timestamp": when, "components": {"disks": []}},
        "consumers": [{"exe": "/bin/python", "cmdline": "", "pid": 7, "consumption": 8e6, "timestamp": when}],
        "sockets": [
            {"id": place, "consumption": 1e6 * power, "domains": parts, "timestamp": when}
            for place, power in enumerate(watts)
        ],
    }


@pytest.mark.parametrize("shape", ["[\n{}\n]", "{}"], ids=["an array", "a mere row of objects"])
def test_scaphandre_is_sockets_and_their_dram_in_microwatts(tmp_path: Path, shape: str) -> None:
    """Neither the host, their sum, nor the cores and the processes, which are parts of them."""
    between = ",\n" if shape.startswith("[") else "\n"
    text = shape.replace("{}", between.join(json.dumps(report(second)) for second in range(3)))
    found = imported(tmp_path, text)
    assert found.source.format == "scaphandre"
    assert powers(found) == {
        ("package", 0): [20, 21, 22],
        ("package", 1): [30, 31, 32],
        ("dram", 0): [2, 2, 2],
        ("dram", 1): [2, 2, 2],
    }
    assert found.recordings[0].started_utc_ns == 1_730_000_000_500_000_000
    assert doubts(found) == set()


def test_scaphandres_host_stands_alone_as_the_node(tmp_path: Path) -> None:
    text = json.dumps([report(second, sockets=0) for second in range(2)])
    assert powers(imported(tmp_path, text)) == {("node", 0): [44, 44]}


def test_a_report_that_is_cut_is_told(tmp_path: Path) -> None:
    whole = [json.dumps(report(second)) for second in range(3)]
    found = imported(tmp_path, f"{whole[0]}\n{whole[1][:120]}\n{whole[2]}\n")
    assert powers(found)["package", 0] == [20, 22]
    assert doubts(found) == {"unreadable_lines"}


WANDB = (
    ",system.gpu.0.gpu,system.gpu.process.0.powerWatts,system.gpu.0.powerWatts,system.gpu.0.temp,"
    "system.gpu.0.enforcedPowerLimitWatts,_wandb,_timestamp,_runtime,system.gpu.1.powerWatts,train/loss\n"
    "0,0.0,,57.5,35.0,300.0,True,1730000013.5,12.5,60.0,\n"
    "1,98.0,250.5,250.5,55.0,300.0,True,1730000043.5,42.5,61.0,\n"
    "2,,,,,,True,1730000044.5,43.5,,0.5\n"
    "3,50.0,255.5,255.5,56.0,300.0,True,1730000073.5,72.5,62.0,\n"
)


def test_wandb_is_a_board_per_gpu_once(tmp_path: Path) -> None:
    """Rows of other metrics are none of a GPU; the process's power is the board's again, and a limit is no power."""
    found = imported(tmp_path, WANDB, "metrics.csv")
    assert found.source.format == "wandb_system"
    assert powers(found) == {("board", 0): [57.5, 250.5, 255.5], ("board", 1): [60, 61, 62]}
    rows = pl.concat(list(found.samples))
    assert rows["t_ns"].unique().sort().to_list() == [0, 30 * 10**9, 60 * 10**9]
    assert rows["util_ratio"].drop_nulls().to_list() == pytest.approx([0, 0.98, 0.5])
    assert found.recordings[0].started_utc_ns == 1_730_000_013_500_000_000
    assert doubts(found) == set()


@pytest.mark.parametrize(
    ("whole", "damaged", "code"),
    [("250.5,250.5,", "250.5,250?,", "not_a_number"), ("1730000073.5", "1730000043.5", "times_backwards")],
)
def test_wandbs_damage_is_told(tmp_path: Path, whole: str, damaged: str, code: str) -> None:
    assert code in doubts(imported(tmp_path, WANDB.replace(whole, damaged), "metrics.csv"))


def test_wandbs_events_are_the_same_as_its_table(tmp_path: Path) -> None:
    header, *rows = (line.split(",") for line in WANDB.strip().splitlines())
    lines = [
        json.dumps(
            {
                name: float(cell)
                for name, cell in zip(header, row, strict=True)
                if name and cell not in ("", "True")
            }
        )
        for row in rows
    ]
    assert powers(imported(tmp_path, "\n".join(lines) + "\n")) == powers(
        imported(tmp_path, WANDB, "metrics.csv")
    )


def test_wandb_without_a_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EcoError):
        imported(tmp_path, "system.gpu.0.powerWatts,system.gpu.0.gpu\n57.5,0.0\n58.5,0.0\n", "metrics.csv")
