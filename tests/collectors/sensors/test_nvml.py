import json
from collections.abc import Callable

import pynvml
import pytest

from collectors.machine import Machine, discover
from collectors.sensors.edge import Edge
from collectors.sensors.sensor import Sensor
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu

EdgeWith = Callable[..., Edge]


def gpus(machine: Machine) -> list[Sensor]:
    return [sensor for sensor in machine.sensors if sensor.device.sensor.startswith("nvml")]


def codes(sensor: Sensor) -> set[str]:
    return {note.code for note in sensor.notes}


def test_eight_gpus_of_700_w_are_5600_w(kernel: FakeKernel, clock: FakeClock, edge_with: EdgeWith) -> None:
    edge = edge_with(*[FakeGpu(uuid=f"GPU-{index}") for index in range(8)])
    boards = gpus(discover(edge))
    before = [board.read_fast() for board in boards]
    clock.advance(10.0)
    after = [board.read_fast() for board in boards]
    assert sum(reading.power_w or 0 for reading in after) == pytest.approx(5600)
    spent_j = sum((b.energy_j or 0) - (a.energy_j or 0) for a, b in zip(before, after, strict=True))
    assert spent_j == pytest.approx(56_000)
    assert all(board.device.energy_source == "counter" for board in boards)
    assert len({board.device.id for board in boards}) == 8


def test_energy_and_both_powers_come_in_one_call(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    edge = edge_with(FakeGpu())
    (gpu,) = gpus(discover(edge))
    library = edge.load_nvml()
    before = library.calls["fields"]
    reading = gpu.read_fast()
    assert library.calls["fields"] == before + 1
    assert (reading.power_w, reading.power_avg_w, reading.util_ratio) == (700.0, 700.0, 1.0)
    assert reading.energy_j is not None


def test_slow_reading_has_memory_clocks_temperatures_fan_and_throttling(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    gpu = FakeGpu(throttle_ns={"power": 5, "brake": 2, "sw_thermal": 3, "hw_thermal": 4})
    reading = gpus(discover(edge_with(gpu)))[0].read_slow()
    assert (reading.memory_bytes, reading.clock_hz, reading.mem_clock_hz) == (10 << 30, 1.98e9, 2.619e9)
    assert (reading.temperature_c, reading.mem_temperature_c, reading.fan_ratio) == (61.0, 70.0, 0.4)
    assert (reading.throttle_bits, reading.throttle_power_ns, reading.throttle_thermal_ns) == (4, 7, 7)


def test_the_temperature_at_which_a_gpu_throttles_goes_with_the_device(edge_with: EdgeWith) -> None:
    told, silent = gpus(discover(edge_with(FakeGpu(), FakeGpu(uuid="GPU-1", without=frozenset({"limit"})))))
    assert json.loads(told.device.extra or "{}")["temperature_limit_c"] == 87.0
    assert "temperature_limit_c" not in json.loads(silent.device.extra or "{}")


def test_pascal_has_power_but_no_counter_and_never_zero_energy(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    pascal = FakeGpu(
        "NVIDIA GeForce GTX 1080 Ti",
        lambda t: 200.0,
        brand=pynvml.NVML_BRAND_GEFORCE,
        architecture=pynvml.NVML_DEVICE_ARCH_PASCAL,
        without=frozenset({"fields", "energy", "temperature_v"}),
    )
    (gpu,) = gpus(discover(edge_with(pascal)))
    reading = gpu.read_fast()
    assert (reading.power_w, reading.power_avg_w, reading.energy_j) == (200.0, None, None)
    assert (gpu.device.energy_source, gpu.device.kind) == ("power", "consumer_gpu")
    assert (gpu.device.update_period_s, gpu.device.averaging_window_s) == (0.02, 0.01)
    assert {"gpu_counter_absent", "gpu_memory_temperature_unsupported"} <= codes(gpu)
    assert gpu.read_slow().temperature_c == 62.0  # the call of drivers before 13.0


def test_an_average_only_power_is_not_called_instant(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    ada = FakeGpu(
        "NVIDIA GeForce RTX 4090",
        lambda t: 400.0,
        brand=pynvml.NVML_BRAND_GEFORCE_RTX,
        architecture=pynvml.NVML_DEVICE_ARCH_ADA,
        without=frozenset({"fields"}),
    )
    (gpu,) = gpus(discover(edge_with(ada)))
    assert (gpu.read_fast().power_w, gpu.read_fast().power_avg_w) == (None, 400.0)
    assert gpu.device.averaging_window_s == 1.0
    assert gpu.device.gain_error_ratio == pytest.approx(0.0527 + 2 * 0.0075)
    assert "gpu_power_mean" in codes(gpu)


def test_ga100_is_told_from_the_other_ampere_chips(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    ampere = pynvml.NVML_DEVICE_ARCH_AMPERE
    a100 = FakeGpu("NVIDIA A100-SXM4-80GB", architecture=ampere, capability=(8, 0), uuid="GPU-a")
    rtx = FakeGpu("NVIDIA GeForce RTX 3090", architecture=ampere, capability=(8, 6), uuid="GPU-b", brand=5)
    first, second = gpus(discover(edge_with(a100, rtx)))
    assert (first.device.architecture, first.device.averaging_window_s) == ("Ampere GA100", 0.025)
    assert (second.device.architecture, second.device.averaging_window_s) == ("Ampere GA10x", 0.1)
    assert (first.device.kind, second.device.kind) == ("datacenter_gpu", "consumer_gpu")


def test_an_unknown_architecture_asks_for_calibration(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    b200 = FakeGpu("NVIDIA B200", architecture=pynvml.NVML_DEVICE_ARCH_BLACKWELL, capability=(10, 0))
    (gpu,) = gpus(discover(edge_with(b200)))
    assert (gpu.device.update_period_s, gpu.device.averaging_window_s) == (None, None)
    (note,) = [note for note in gpu.notes if note.code == "sensor_uncharacterised"]
    assert (note.hint or "").startswith("eco-collect calibrate")


def test_grace_shows_the_power_of_its_module_and_says_so(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    gh200 = FakeGpu(
        "NVIDIA GH200 480GB", lambda t: 900.0, without=frozenset({"gpu_scope", "power", "energy"})
    )
    (gpu,) = gpus(discover(edge_with(gh200)))
    assert (gpu.device.boundary, gpu.read_fast().power_w) == ("module", 900.0)
    assert "gpu_module_scope" in codes(gpu)


def test_mig_instances_are_parts_of_a_board_that_keeps_its_power(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    board = FakeGpu(instances=("MIG-1", "MIG-2"))
    edge = edge_with(board, environ={"CUDA_VISIBLE_DEVICES": "MIG-2"})
    whole, first, second = gpus(discover(edge))
    assert whole.read_fast().power_w == 700.0
    assert whole.read_fast().util_ratio is None
    assert {"gpu_mig", "gpu_utilization_unsupported"} <= codes(whole)
    assert [sensor.device.parent_id for sensor in (first, second)] == [whole.device.id] * 2
    assert [sensor.device.visible for sensor in (whole, first, second)] == [True, False, True]
    assert (first.device.energy_source, first.read_fast().energy_j) == ("none", None)
    assert first.read_slow().memory_bytes == 1 << 30


def test_a_virtual_gpu_without_power_is_a_device_with_its_reason(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    vgpu = FakeGpu(virtual=True, without=frozenset({"fields", "energy", "power"}))
    (gpu,) = gpus(discover(edge_with(vgpu)))
    reading = gpu.read_fast()
    assert (reading.power_w, reading.energy_j, reading.util_ratio) == (None, None, 1.0)
    assert (gpu.device.energy_source, gpu.device.gain_error_ratio) == ("none", None)
    (note,) = [note for note in gpu.notes if note.code == "gpu_power_absent"]
    assert "virtual" in note.text


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        (None, [0, 1, 2]),
        ("1", [1]),
        ("2,0", [0, 2]),
        ("", []),
        ("-1", []),
        ("0,7,1", [0]),  # the first entry that is none ends the list
        ("GPU-bb", [1]),
        ("GPU-", []),  # names more than one
    ],
)
def test_cuda_visible_devices_tells_the_workloads_boards_from_the_rest(
    kernel: FakeKernel, edge_with: EdgeWith, chosen: str | None, seen: list[int]
) -> None:
    boards = [FakeGpu(uuid=f"GPU-{letter * 4}") for letter in "abc"]
    edge = edge_with(*boards, environ={} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen})
    assert [index for index, gpu in enumerate(gpus(discover(edge))) if gpu.device.visible] == seen


def test_unlike_boards_chosen_by_index_are_doubted(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    boards = [FakeGpu(uuid="GPU-a"), FakeGpu("NVIDIA L4", uuid="GPU-b")]
    doubted = discover(edge_with(*boards, environ={"CUDA_VISIBLE_DEVICES": "0"}))
    assert "cuda_order" in [note.code for note in doubted.notes]
    ordered = {"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert "cuda_order" not in [note.code for note in discover(edge_with(*boards, environ=ordered)).notes]


def test_repeated_values_keep_the_time_of_the_first(
    kernel: FakeKernel, clock: FakeClock, edge_with: EdgeWith
) -> None:
    (gpu,) = gpus(discover(edge_with(FakeGpu(power_w=lambda t: 100 + t))))
    first = gpu.read_fast()
    clock.advance(0.03)
    held = gpu.read_fast()
    clock.advance(0.1)
    fresh = gpu.read_fast()
    assert held.sensor_t_ns == first.sensor_t_ns
    assert (fresh.sensor_t_ns or 0) > (first.sensor_t_ns or 0)
    assert abs((fresh.sensor_t_ns or 0) - clock.monotonic_ns()) < 1_000_000


def test_a_momentary_refusal_is_an_empty_reading_and_then_it_works_again(
    kernel: FakeKernel, clock: FakeClock, edge_with: EdgeWith
) -> None:
    fake = FakeGpu()
    (gpu,) = gpus(discover(edge_with(fake)))
    fake.without = frozenset({"fields", "util"})
    refused = gpu.read_fast()
    assert (refused.power_w, refused.energy_j, refused.util_ratio) == (None, None, None)
    fake.without = frozenset()
    clock.advance(1.0)
    assert gpu.read_fast().power_w == 700.0


def test_a_power_of_zero_is_missing(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    fake = FakeGpu()
    (gpu,) = gpus(discover(edge_with(fake)))
    fake.power_w = lambda t: 0.0
    assert gpu.read_fast().power_w is None


def test_a_gpu_that_falls_off_the_bus_raises_os_error(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    fake = FakeGpu()
    (gpu,) = gpus(discover(edge_with(fake)))
    fake.lost = True
    with pytest.raises(OSError, match="gone"):
        gpu.read_fast()


def test_a_lost_gpu_is_a_note_and_leaves_the_others_their_index(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    lost, well = FakeGpu(uuid="GPU-a", lost=True), FakeGpu(uuid="GPU-b")
    found = discover(edge_with(lost, well, environ={"CUDA_VISIBLE_DEVICES": "1"}))
    (gpu,) = gpus(found)
    assert (gpu.device.index, gpu.device.visible, gpu.device.vendor_uid) == (1, True, "GPU-b")
    (note,) = [note for note in found.notes if note.code == "gpu_lost"]
    assert note.text.startswith("GPU 0 does not answer")


def test_no_card_is_no_fault_and_a_card_without_driver_is(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    edge = edge_with(fail_init=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    (quiet,) = [note for note in discover(edge).notes if note.code.startswith("nvml")]
    assert (quiet.code, quiet.severity) == ("nvml_absent", "info")
    kernel.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de")
    kernel.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030000")
    (loud,) = [note for note in discover(edge).notes if note.code.startswith("nvml")]
    assert (loud.code, loud.severity) == ("nvml_driver", "warning")
    kernel.write(".dockerenv", "")
    (caged,) = [note for note in discover(edge).notes if note.code.startswith("nvml")]
    assert "--gpus all" in (caged.hint or "")


def test_what_is_remembered_of_a_gpu_does_not_grow_with_the_recording(
    kernel: FakeKernel, edge_with: EdgeWith
) -> None:
    (gpu,) = gpus(discover(edge_with(FakeGpu(running=((11, 4 << 30),)))))
    calls = gpu.calls  # type: ignore[attr-defined]

    def remembered() -> int:
        return len(calls._worked) + len(calls.refused)

    gpu.read_processes(frozenset({11}), 0)  # type: ignore[attr-defined]
    before = remembered()
    for second in range(1, 50):
        gpu.read_processes(frozenset({11}), second)  # type: ignore[attr-defined]
    assert remembered() == before


def test_processes_on_the_gpu_have_their_memory_and_share(kernel: FakeKernel, edge_with: EdgeWith) -> None:
    (gpu,) = gpus(discover(edge_with(FakeGpu(running=((11, 4 << 30), (12, 1 << 30))))))
    reading = gpu.read_processes(frozenset({11}), 0)  # type: ignore[attr-defined]
    assert (reading.process_memory_bytes, reading.process_ratio) == (4 << 30, 0.5)
