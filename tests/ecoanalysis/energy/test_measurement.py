"""The measurement table: boundaries, items, exclusions, imported results."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from collectors.trace import Device, Note, Sample
from ecoanalysis.energy.measurement import build
from ecoanalysis.store.frame import frame
from ecoanalysis.store.queries import measurements
from tests.ecoanalysis.energy.recorded import (
    CONFIG,
    NVML,
    RAPL,
    at,
    codes,
    counters,
    database,
    land,
    marks,
    powers,
    run,
)

SECONDS = [float(t) for t in np.arange(0, 10.01, 0.1)]


def watts(device: Device, power_w: float, run_id: int = 1) -> list[Sample]:
    return powers(device, [(t, power_w) for t in SECONDS], run_id)


def test_eight_700_watt_gpus_beside_an_idle_cpu_read_5600_watts_within_the_gain() -> None:
    gpus = [replace(NVML, id=10 + i, index=i) for i in range(8)]
    cpu = Device(7, 1, "cpu", "AMD EPYC", "package", "procfs", cores_count=64)
    samples = [s for gpu in gpus for s in watts(gpu, 700.0)]
    samples += [Sample(1, cpu.id, at(t), util_ratio=0.0) for t in SECONDS]
    con = database(devices=[*gpus, cpu], samples=samples, marks=marks((0, "infer"), (10, "end", 100)))
    board = measurements(con, "boundary = 'board'").row(0, named=True)
    assert board["mean_power_w"] == pytest.approx(5600)
    assert (board["devices_count"], board["basis"]) == (8, "measured")
    con.execute("UPDATE mark SET items_count = 100 WHERE phase = 'infer'")
    build(con)
    board = measurements(con, "boundary = 'board'").row(0, named=True)
    # Gains of like sensors add: ±5 % of the sum, not ±5 %/√8.
    assert board["low_per_item_j"] == pytest.approx(0.95 * 560, rel=1e-3)
    assert board["high_per_item_j"] == pytest.approx(1.05 * 560, rel=1e-3)
    package = measurements(con, "boundary = 'package'").row(0, named=True)
    assert (package["basis"], package["method"]) == ("estimated", "specification")
    node = measurements(con, "boundary = 'node'").row(0, named=True)
    assert node["energy_j"] == pytest.approx(board["energy_j"] + package["energy_j"])
    assert node["basis"] == "estimated"


def test_two_sockets_dram_and_a_gpu_make_a_node_and_psys_stays_apart() -> None:
    socket = replace(RAPL, id=20, index=0, parent_id=25)
    devices = [
        socket,
        replace(RAPL, id=21, index=1),
        replace(RAPL, id=22, kind="memory", name="dram", boundary="dram", parent_id=20),
        replace(RAPL, id=23, name="core", boundary="package", parent_id=20),
        replace(RAPL, id=25, kind="platform", name="psys", boundary="platform"),
        NVML,
    ]
    power = {20: 100.0, 21: 80.0, 22: 10.0, 23: 60.0, 25: 250.0, 2: 300.0}
    samples = [
        s for device in devices for s in counters(device, [(t, power[device.id] * t) for t in SECONDS])
    ]
    con = database(devices=devices, samples=samples, marks=marks((0, "infer", 10)))
    found = dict(measurements(con).select("boundary", "mean_power_w").iter_rows())
    assert found == pytest.approx(
        {"package": 180, "dram": 10, "platform": 250, "board": 300, "node": 180 + 10 + 300}
    )


def test_a_device_that_the_workload_cannot_see_is_not_charged() -> None:
    hidden = replace(NVML, id=3, visible=False)
    con = database(
        devices=[NVML, hidden],
        samples=[*watts(NVML, 300.0), *watts(hidden, 60.0)],
        marks=marks((0, "infer", 10)),
    )
    row = measurements(con).row(0, named=True)
    assert (row["mean_power_w"], row["devices_count"]) == (pytest.approx(300), 1)
    assert frame(con, "SELECT count(*) FROM phase_energy").item() == 2  # but it was metered, and is kept


def test_an_estimated_cpu_is_not_added_to_its_measured_package() -> None:
    cpu = Device(7, 1, "cpu", "cpu", "package", "procfs", cores_count=8)
    samples = [
        *counters(RAPL, [(t, 50 * t) for t in SECONDS]),
        *[Sample(1, cpu.id, at(t), util_ratio=0.9, process_ratio=0.5) for t in SECONDS],
    ]
    con = database(devices=[RAPL, cpu], samples=samples, marks=marks((0, "infer", 10)))
    row = measurements(con).row(0, named=True)
    assert (row["mean_power_w"], row["basis"], row["devices_count"]) == (pytest.approx(50), "measured", 1)
    assert "energy_estimated" not in codes(con)


def test_memory_estimated_from_its_size_is_kept_and_in_no_total() -> None:
    memory = Device(8, 1, "memory", "main memory", "dram", "procfs", memory_bytes=10**11)
    samples = [*watts(RAPL, 50.0), *[Sample(1, memory.id, at(t), memory_bytes=10**10) for t in SECONDS]]
    con = database(devices=[RAPL, memory], samples=samples, marks=marks((0, "infer", 10)))
    assert measurements(con)["boundary"].to_list() == ["package"]
    kept = frame(con, "SELECT energy_j, basis FROM phase_energy WHERE boundary = 'dram'").row(0)
    assert kept == (pytest.approx(330), "estimated")
    assert "energy_unmetered" not in codes(con)


def test_an_energy_per_item_carries_interval_net_rate_and_config() -> None:
    samples = powers(NVML, [(t, 50.0 if t < 10 else 250.0) for t in np.arange(0, 20.01, 0.1).tolist()])
    con = database(
        devices=[NVML],
        samples=samples,
        marks=marks((0, "idle"), (10, "infer"), (15, "infer", 40), (20, "infer", 60)),
        runs=[run(end_s=20, quality_value=0.9, quality_metric="accuracy")],
    )
    row = measurements(con).row(0, named=True)
    assert row["items_count"] == 100
    assert row["energy_per_item_j"] == pytest.approx(25, rel=0.01)
    assert row["low_per_item_j"] < 25 < row["high_per_item_j"]
    assert row["net_energy_per_item_j"] == pytest.approx(20, rel=0.01)
    assert row["throughput_items_per_s"] == pytest.approx(10)
    assert row["latency_s"] == pytest.approx(0.8)  # a batch of 8 at 10 items a second
    assert (row["model"], row["idle_treatment"], row["scope"]) == ("m", "gross", "machine")
    assert (row["quality_value"], row["dataset"], row["excluded"]) == (0.9, "recorded", None)


@pytest.mark.parametrize("status", ["failed", "truncated", "running", "skipped"])
def test_a_run_that_did_not_end_well_is_kept_and_excluded(status: str) -> None:
    con = database(
        devices=[NVML],
        samples=watts(NVML, 100.0),
        marks=marks((0, "infer", 10)),
        runs=[run(status=status)],
    )
    assert measurements(con)["excluded"].to_list() == [f"run {status}"]


def test_a_run_without_items_has_energy_and_says_what_it_lacks() -> None:
    con = database(devices=[NVML], samples=watts(NVML, 100.0), marks=marks((0, "infer")))
    row = measurements(con).row(0, named=True)
    assert (row["energy_j"], row["energy_per_item_j"]) == (pytest.approx(1000), None)
    assert row["excluded"] == "no items counted"


def test_an_error_note_on_a_run_excludes_it_by_its_code() -> None:
    con = database(
        devices=[NVML],
        samples=watts(NVML, 100.0),
        marks=marks((0, "infer", 10)),
        notes=[Note("precision_not_taken", "int8 ran as fp32", severity="error", run_id=1)],
    )
    assert measurements(con)["excluded"].to_list() == ["note: precision_not_taken"]


def test_results_keep_their_unit_boundary_and_interval_and_never_meet_ours() -> None:
    con = database(devices=[NVML], samples=watts(NVML, 100.0), marks=marks((0, "infer", 10)))
    land(con, "source", [{"id": 6, "dataset": "published", "licence": "CC BY 4.0"}])
    base = {"source_id": 6, "config_id": CONFIG.id, "device_id": NVML.id, "item_unit": "token"}
    base |= {"boundary": "board", "basis": "measured", "method": "nvml", "idle_treatment": "gross"}
    rows: list[dict[str, object]] = [
        {**base, "id": 1, "row_number": 1, "energy_per_item_j": 0.5, "low_per_item_j": 0.4},
        {**base, "id": 2, "row_number": 2, "energy_j": 600.0, "items_count": 300.0},
        {**base, "id": 3, "row_number": 3, "mean_power_w": 200.0, "throughput_items_per_s": 50.0},
        {**base, "id": 4, "row_number": 4, "energy_per_item_j": -1.0},
        {
            **base,
            "id": 5,
            "row_number": 5,
            "boundary": "wall",
            "basis": "estimated",
            "energy_per_item_j": 2.0,
        },
        {**base, "id": 6, "row_number": 6, "duration_s": 5.0},
    ]
    land(con, "result", rows)
    build(con)
    found = measurements(con, "result_id IS NOT NULL").sort("result_id")
    assert found["energy_per_item_j"].to_list() == pytest.approx([0.5, 2.0, 4.0, -1.0, 2.0, None])
    assert found["basis"].to_list() == ["measured"] * 2 + ["derived", "measured", "estimated", "measured"]
    assert found["low_per_item_j"].to_list()[:2] == pytest.approx([0.4, 2.0 * 0.92])
    assert (found["low_per_item_j"][4], found["high_per_item_j"][4]) == (1.0, 3.0)
    assert found["excluded"].to_list() == [
        None,
        None,
        None,
        "energy not positive",
        None,
        "no energy per item",
    ]
    assert found["dataset"].unique().to_list() == ["published"]
    assert measurements(con)["id"].n_unique() == 7


def test_prefill_and_decode_are_apart() -> None:
    con = database(
        devices=[NVML],
        samples=watts(NVML, 100.0),
        marks=marks((0, "prefill"), (2, "prefill", 512), (2, "decode"), (10, "decode", 64)),
        configs=[replace(CONFIG, item_unit="token")],
        runs=[run(config_id=replace(CONFIG, item_unit="token").id)],
    )
    found = measurements(con).sort("phase").select("phase", "energy_per_item_j", "latency_s").rows()
    assert found == [
        ("decode", pytest.approx(800 / 64), None),
        ("prefill", pytest.approx(200 / 512), None),
    ]


def test_ten_thousand_results_are_built_in_seconds() -> None:
    from time import process_time

    con = database(devices=[NVML], samples=[])
    row = {"source_id": 6, "config_id": CONFIG.id, "device_id": NVML.id, "boundary": "board"}
    land(
        con,
        "result",
        [{**row, "id": i, "basis": "measured", "energy_per_item_j": 1.0} for i in range(10_000)],
    )
    began = process_time()
    build(con)
    assert process_time() - began < 3
    assert measurements(con).height == 10_000
    assert asdict(CONFIG)["model"] == measurements(con)["model"][0]
