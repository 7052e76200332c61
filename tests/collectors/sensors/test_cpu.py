import json
import os
from pathlib import Path

import pytest

from collectors.machine import discover
from collectors.sensors.edge import Edge
from collectors.sensors.place import container
from collectors.sensors.rapl import Zone, explain_refusal
from collectors.sensors.sensor import Sensor
from tests.fakes.kernel import AMD, FakeKernel


def cpus(edge: Edge) -> list[Sensor]:
    return [sensor for sensor in discover(edge).sensors if sensor.device.kind == "cpu"]


def test_utilisation_is_busy_over_all_time_with_stolen_time_not_busy(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0")
    (cpu,) = cpus(edge)
    kernel.spend(0, busy=30, idle=60, steal=10)
    kernel.spend(1, busy=100, idle=0)
    assert cpu.read_fast().util_ratio == pytest.approx(130 / 200)


def test_utilisation_is_unknown_until_the_kernel_clock_ticks(kernel: FakeKernel, edge: Edge) -> None:
    (cpu,) = cpus(edge)
    assert cpu.read_fast().util_ratio is None


def test_each_socket_has_its_own_utilisation_and_counter(tmp_path: Path, edge: Edge) -> None:
    kernel = FakeKernel(tmp_path, sockets=2)
    kernel.zone("intel-rapl:0", "package-0", energy_j=100)
    kernel.zone("intel-rapl:1", "package-1", energy_j=900)
    first, second = cpus(edge)
    kernel.spend(0, busy=50, idle=50)
    kernel.spend(1, busy=50, idle=50)
    kernel.spend(2, busy=0, idle=100)
    kernel.spend(3, busy=20, idle=80)
    assert first.read_fast().util_ratio == pytest.approx(0.5)
    assert second.read_fast().util_ratio == pytest.approx(0.1)
    assert (first.read_fast().energy_j, second.read_fast().energy_j) == (100.0, 900.0)
    assert [cpu.device.index for cpu in (first, second)] == [0, 1]


def test_counter_is_raw_and_its_wrap_is_stated(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0", energy_j=262_140.0, wrap_j=262_143.0)
    (cpu,) = cpus(edge)
    before = cpu.read_fast().energy_j
    kernel.energy("intel-rapl:0", 262_140.0 + 13.0)  # 13 J later the counter has wrapped
    after = cpu.read_fast().energy_j
    assert (before, after) == (262_140.0, 10.0)
    assert cpu.device.energy_wrap_j == 262_143.0
    assert (after - before) % cpu.device.energy_wrap_j == pytest.approx(13.0)


def test_wrap_guard_is_half_the_range_at_full_power_and_at_most_a_minute(
    kernel: FakeKernel, edge: Edge
) -> None:
    kernel.zone("intel-rapl:0", "package-0", wrap_j=65_533.0, tdp_w=400.0)
    (cpu,) = cpus(edge)
    assert cpu.slowest_s == pytest.approx(65_533 / (2 * 1.5 * 400))
    kernel.zone("intel-rapl:0", "package-0", wrap_j=262_143.0, tdp_w=None)
    assert cpus(edge)[0].slowest_s == 60.0


def test_tdp_and_limit_come_from_the_firmware(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0", tdp_w=230.0)
    (cpu,) = cpus(edge)
    assert (cpu.device.tdp_w, cpu.device.power_limit_w) == (230.0, 230.0)
    assert (cpu.device.energy_source, cpu.device.sensor, cpu.device.boundary) == (
        "counter",
        "rapl",
        "package",
    )


def test_parts_of_a_package_are_its_children_and_dram_is_not(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0", 100)
    kernel.zone("intel-rapl:0:0", "core", 60)
    kernel.zone("intel-rapl:0:1", "uncore", 10)
    kernel.zone("intel-rapl:0:2", "dram", 7)
    kernel.zone("intel-rapl:1", "psys", 200)
    machine = discover(edge)
    by_name = {sensor.device.vendor_uid: sensor.device for sensor in machine.sensors}
    package = by_name["package-0"]
    assert {name for name, device in by_name.items() if device.parent_id == package.id} == {
        "intel-rapl:0:0",
        "intel-rapl:0:1",
    }
    assert (by_name["intel-rapl:0:2"].boundary, by_name["intel-rapl:0:2"].kind) == ("dram", "memory")
    assert by_name["intel-rapl:1"].boundary == "platform"
    summed = [
        sensor.read_fast().energy_j
        for sensor in machine.sensors
        if sensor.device.parent_id is None and sensor.device.boundary in ("package", "dram")
    ]
    assert summed == [100.0, 7.0]


def test_the_mmio_twin_of_a_package_is_counted_once(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl-mmio:0", "package-0", 500)
    kernel.zone("intel-rapl:0", "package-0", 100)
    assert [cpu.read_fast().energy_j for cpu in cpus(edge)] == [100.0]


def test_two_dies_of_one_package_are_two_meters(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0-die-0", 100)
    kernel.zone("intel-rapl:1", "package-0-die-1", 300)
    assert [cpu.read_fast().energy_j for cpu in cpus(edge)] == [100.0, 300.0]


def test_dies_that_show_the_same_energy_are_doubted(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0", 5000.0)
    kernel.zone("intel-rapl:1", "package-1", 5000.01)
    assert "rapl_duplicate" in [note.code for note in discover(edge).notes]


def test_a_refused_counter_is_a_note_with_its_cure(
    kernel: FakeKernel, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.zone("intel-rapl:0", "package-0")
    real = os.open

    def refusing(path: object, *arguments: object) -> int:
        if str(path).endswith("energy_uj"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("collectors.sensors.kernel_file.os.open", refusing)
    _check_permission(edge)


def _check_permission(edge: Edge) -> None:
    machine = discover(edge)
    (note,) = [note for note in machine.notes if note.code.startswith("rapl")]
    assert note.code == "rapl_permission"
    assert "sudo chmod a+r /sys/class/powercap/*/energy_uj" in (note.hint or "")
    (cpu,) = [sensor for sensor in machine.sensors if sensor.device.kind == "cpu"]
    assert (cpu.device.energy_source, cpu.device.gain_error_ratio) == ("none", None)
    assert cpu.read_fast().energy_j is None


def test_the_cure_of_a_refused_counter_is_the_hosts_where_it_is_read_in_a_container(
    kernel: FakeKernel, edge: Edge
) -> None:
    kernel.write(".dockerenv", "")
    zone = Zone(
        "package-0", Path("p"), None, None, None, None, refusal=PermissionError(13, "Permission denied")
    )
    assert (explain_refusal(zone, container(edge)).hint or "").startswith(
        "on the host of this container (docker):"
    )


def test_a_counter_that_shows_zero_is_no_counter(kernel: FakeKernel, edge: Edge) -> None:
    kernel.zone("intel-rapl:0", "package-0", energy_j=0.0)
    found = discover(edge)
    assert [s.device.energy_source for s in found.sensors if s.device.kind == "cpu"] == ["none"]
    assert "rapl_unreadable" in [note.code for note in found.notes]


def test_what_is_no_rapl_in_powercap_is_passed_over(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("sys/class/powercap/dtpm:0/name", "package")
    kernel.write("sys/class/powercap/dtpm:0/power_uw", "1000000")
    assert "rapl_absent" in [note.code for note in discover(edge).notes]


def test_counters_in_a_virtual_machine_are_doubted(tmp_path: Path, edge: Edge) -> None:
    kernel = FakeKernel(tmp_path, cpuinfo=AMD.replace("vme", "vme hypervisor"))
    kernel.zone("intel-rapl:0", "package-0")
    assert "rapl_guest" in [note.code for note in discover(edge).notes]


def test_without_rapl_the_cpu_is_still_a_device_with_the_reason(kernel: FakeKernel, edge: Edge) -> None:
    machine = discover(edge)
    (cpu,) = [sensor for sensor in machine.sensors if sensor.device.kind == "cpu"]
    assert cpu.device.energy_source == "none"
    (note,) = [note for note in machine.notes if note.code == "rapl_absent"]
    assert "modprobe intel_rapl_msr" in (note.hint or "")


def test_a_virtual_machine_is_the_reason_for_no_rapl(tmp_path: Path, edge: Edge) -> None:
    kernel = FakeKernel(tmp_path, cpuinfo=AMD.replace("vme", "vme hypervisor"))
    kernel.write("sys/class/dmi/id/sys_vendor", "QEMU")
    machine = discover(edge)
    assert machine.recording.virtualization == "KVM"
    (note,) = [note for note in machine.notes if note.code == "rapl_absent"]
    assert "KVM" in note.text


def test_amd_counters_come_with_what_they_leave_out(tmp_path: Path, edge: Edge) -> None:
    kernel = FakeKernel(tmp_path, cpuinfo=AMD)
    kernel.zone("intel-rapl:0", "package-0")
    machine = discover(edge)
    assert "rapl_amd" in [note.code for note in machine.notes]
    assert machine.sensors[0].device.gain_error_ratio == 0.10


def test_temperature_and_clock_are_read_slowly(kernel: FakeKernel, edge: Edge) -> None:
    kernel.temperature(0, 51.0)
    (cpu,) = cpus(edge)
    assert (cpu.read_slow().temperature_c, cpu.read_slow().clock_hz) == (51.0, 2.8e9)
    assert json.loads(cpu.device.extra or "{}")["temperature_limit_c"] == 100.0
    kernel.temperature(0, 66.0)
    assert cpu.read_slow().temperature_c == 66.0


def test_missing_clock_and_temperature_are_notes_not_zeros(kernel: FakeKernel, edge: Edge) -> None:
    for path in kernel.root.glob("sys/devices/system/cpu/cpu*/cpufreq/*"):
        path.unlink()
    (cpu,) = cpus(edge)
    assert (cpu.read_slow().temperature_c, cpu.read_slow().clock_hz) == (None, None)
    assert {note.code for note in cpu.notes} == {"cpu_clock_absent", "cpu_temperature_absent"}


def test_memory_in_use_is_what_is_not_available(kernel: FakeKernel, edge: Edge) -> None:
    (memory,) = [sensor for sensor in discover(edge).sensors if sensor.device.kind == "memory"]
    assert memory.read_slow().memory_bytes == (33554432 - 25165824) * 1024
    assert memory.device.memory_bytes == 33554432 * 1024


def test_dram_of_two_sockets_reads_the_memory_of_its_own_node(tmp_path: Path, edge: Edge) -> None:
    kernel = FakeKernel(tmp_path, sockets=2)
    for socket, used_kb in ((0, 100), (1, 300)):
        kernel.zone(f"intel-rapl:{socket}", f"package-{socket}")
        kernel.zone(f"intel-rapl:{socket}:0", "dram", energy_j=10.0 * (socket + 1))
        lines = f"Node {socket} MemTotal: 1000 kB\nNode {socket} MemFree: {1000 - used_kb} kB\n"
        kernel.write(f"sys/devices/system/node/node{socket}/meminfo", lines)
    memories = [sensor for sensor in discover(edge).sensors if sensor.device.kind == "memory"]
    assert [memory.read_fast().energy_j for memory in memories] == [10.0, 20.0]
    assert [memory.read_slow().memory_bytes for memory in memories] == [100 * 1024, 300 * 1024]
