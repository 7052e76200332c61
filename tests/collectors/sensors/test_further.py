"""Sensors beyond CPU and NVIDIA, against fakes."""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from collectors.machine import discover
from collectors.sensors import amdsmi, battery, board_hwmon, gpu_hwmon, powermetrics, rapl_parts, wall
from collectors.sensors.edge import Edge, load_amdsmi
from collectors.sensors.poller import Poller
from collectors.sensors.sensor import Reading, Sensor
from tests.fakes.amdsmi import FakeAmdGpu, FakeAmdSmi
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import FakeKernel


def amd(edge: Edge, clock: FakeClock, *gpus: FakeAmdGpu) -> list[Sensor]:
    library: Any = FakeAmdSmi(list(gpus), clock)
    found = discover(replace(edge, load_amdsmi=lambda: library))
    return [sensor for sensor in found.sensors if sensor.device.sensor == "amdsmi"]


def test_an_amd_counter_is_in_joules(kernel: FakeKernel, edge: Edge, clock: FakeClock) -> None:
    (gpu,) = amd(edge, clock, FakeAmdGpu())
    before = gpu.read_fast()
    clock.advance(10.0)
    after = gpu.read_fast()
    assert (after.energy_j or 0) - (before.energy_j or 0) == pytest.approx(6000.0, abs=0.001)
    assert (after.power_w, after.power_avg_w, after.util_ratio, after.mem_util_ratio) == (
        600.0,
        None,
        0.9,
        None,
    )
    assert (gpu.device.kind, gpu.device.energy_source, gpu.device.tdp_w) == (
        "datacenter_gpu",
        "counter",
        750.0,
    )
    slow = gpu.read_slow()
    assert (slow.clock_hz, slow.temperature_c, slow.mem_temperature_c, slow.memory_bytes) == (
        2.1e9,
        70,
        60,
        5 << 30,
    )


def test_the_second_die_of_a_shared_package_has_no_power_and_says_so(
    kernel: FakeKernel, edge: Edge, clock: FakeClock
) -> None:
    mute = FakeAmdGpu(without=frozenset({"amdsmi_get_power_info", "amdsmi_get_energy_count"}))
    first, second = amd(edge, clock, FakeAmdGpu(), mute)
    assert (first.device.energy_source, second.device.energy_source) == ("counter", "none")
    assert second.read_fast().power_w is None
    assert [note.code for note in second.notes] == ["gpu_power_absent"]


def test_releases_of_amd_smi_that_name_things_otherwise_are_read_all_the_same(
    kernel: FakeKernel, edge: Edge, clock: FakeClock
) -> None:
    # ROCm 7: one key for whichever power a board has. Before ROCm 6.1: no HOTSPOT
    unified = FakeAmdGpu(
        power={"socket_power": 95, "current_socket_power": "N/A", "average_socket_power": "N/A"}
    )
    mean = FakeAmdGpu(power={"average_socket_power": 88, "current_socket_power": 0xFFFF})
    first, second = amd(edge, clock, unified, mean)
    assert (first.read_fast().power_w, first.read_fast().power_avg_w) == (95.0, None)
    assert (second.read_fast().power_w, second.read_fast().power_avg_w) == (None, 88.0)
    library: Any = FakeAmdSmi([FakeAmdGpu()], clock)
    library.AmdSmiTemperatureType = Enum("AmdSmiTemperatureType", "EDGE JUNCTION VRAM")
    (old,) = [
        s for s in discover(replace(edge, load_amdsmi=lambda: library)).sensors if s.device.sensor == "amdsmi"
    ]
    assert old.read_slow().temperature_c == 71


def test_what_rocm_hides_from_the_workload_is_told_from_the_rest() -> None:
    uids = ["a0ff74a1-0000-1000-80fc-1111aaaa2222", "a1ff74a1-0000-1000-80fc-3333bbbb4444", "third"]
    assert amdsmi.visible({}, uids) == set(uids)
    assert amdsmi.visible({"HIP_VISIBLE_DEVICES": "2,0"}, uids) == {uids[2], uids[0]}
    assert amdsmi.visible({"CUDA_VISIBLE_DEVICES": "1"}, uids) == {uids[1]}
    # HIP counts what ROCR has left, in its order
    assert amdsmi.visible({"ROCR_VISIBLE_DEVICES": "1,2", "HIP_VISIBLE_DEVICES": "0"}, uids) == {uids[1]}
    assert amdsmi.visible({"ROCR_VISIBLE_DEVICES": "GPU-80fc3333bbbb4444"}, uids) == {uids[1]}
    assert amdsmi.visible({"ROCR_VISIBLE_DEVICES": "-1,0"}, uids) == set()


def test_an_amd_smi_that_cannot_load_its_library_says_nothing_and_prints_nothing(
    kernel: FakeKernel,
    edge: Edge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # as amdsmi 7.0.2 does without ROCm: it prints to stdout, then looks up a library that it has not got
    (tmp_path / "amdsmi.py").write_text("print('cannot open shared object')\n{}['libamd_smi.so']\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert amdsmi.probe(replace(edge, load_amdsmi=load_amdsmi)).sensors == ()
    assert capsys.readouterr().out == ""


def test_intels_counter_is_microjoules_and_is_read_within_its_wrap_guard(
    kernel: FakeKernel, edge: Edge
) -> None:
    kernel.write("sys/class/hwmon/hwmon3/name", "xe")
    kernel.write("sys/class/hwmon/hwmon3/energy1_input", "1000000")
    kernel.write("sys/class/hwmon/hwmon3/power1_max", "190000000")
    kernel.write("sys/class/hwmon/hwmon3/temp2_input", "55000")
    (gpu,) = gpu_hwmon.probe(edge).sensors
    assert gpu.read_fast().energy_j == 1.0
    kernel.write("sys/class/hwmon/hwmon3/energy1_input", "2500000")
    assert gpu.read_fast().energy_j == 2.5
    assert (gpu.device.power_limit_w, gpu.slowest_s) == (190.0, 60.0)
    assert gpu.read_slow().temperature_c == 55.0


def test_amdgpu_is_metered_by_the_kernel_where_rocm_is_missing(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("sys/class/hwmon/hwmon1/name", "amdgpu")
    kernel.write("sys/class/hwmon/hwmon1/power1_average", "120000000")
    (gpu,) = gpu_hwmon.probe(edge).sensors
    assert (gpu.read_fast().power_avg_w, gpu.read_fast().power_w) == (120.0, None)
    rocm: Any = FakeAmdSmi([FakeAmdGpu()], FakeClock())
    assert gpu_hwmon.probe(replace(edge, load_amdsmi=lambda: rocm)).sensors == ()
    blind: Any = FakeAmdSmi([], FakeClock())  # it loads and starts, and shows nothing
    assert len(gpu_hwmon.probe(replace(edge, load_amdsmi=lambda: blind)).sensors) == 1


def test_graphics_within_a_processor_are_part_of_it_and_never_summed_with_it(
    kernel: FakeKernel, edge: Edge
) -> None:
    kernel.write("sys/class/hwmon/hwmon1/name", "amdgpu")
    kernel.write("sys/class/hwmon/hwmon1/power1_input", "28000000")
    kernel.write("sys/class/hwmon/hwmon1/in1_label", "vddnb")
    sensors = discover(edge).sensors
    cpu = next(sensor for sensor in sensors if sensor.device.kind == "cpu")
    (gpu,) = [sensor for sensor in sensors if sensor.device.sensor == "amd-hwmon"]
    assert gpu.device.parent_id == cpu.device.id
    assert [note.code for note in gpu.notes] == ["gpu_integrated"]


def _acpi(kernel: FakeKernel, folder: str, label: str, uw: int) -> None:
    kernel.write(f"sys/class/hwmon/{folder}/power1_oem_info", label)
    kernel.write(f"sys/class/hwmon/{folder}/power1_average", str(uw))
    kernel.write(f"sys/class/hwmon/{folder}/power1_average_interval", "50")


def test_a_grace_processor_is_metered_by_its_own_rail_and_the_wider_meters_stand_apart(
    kernel: FakeKernel, edge: Edge
) -> None:
    # Linux before 6.11 keeps the files in hwmonN/device, later ones in hwmonN: labels of NVIDIA's UEFI tables
    kernel.write("sys/class/hwmon/hwmon0/device/name", "power_meter")
    _acpi(kernel, "hwmon0/device", "Grace Power Socket 0", 150_000_000)
    kernel.write("sys/class/hwmon/hwmon1/name", "power_meter")
    _acpi(kernel, "hwmon1", "CPU Power Socket 0", 110_000_000)
    found = discover(edge)
    (cpu,) = [sensor for sensor in found.sensors if sensor.device.kind == "cpu"]
    assert cpu.read_fast().power_avg_w == 110.0
    device = cpu.device
    assert (device.sensor, device.energy_source, device.boundary) == ("acpi-power", "power", "package")
    assert device.update_period_s == device.averaging_window_s == 0.05
    assert "rapl_absent" not in [note.code for note in found.notes]
    (socket,) = [sensor for sensor in found.sensors if sensor.device.kind == "platform"]
    assert (socket.device.name, socket.device.boundary) == ("Grace Power Socket 0", "platform")
    assert socket.read_fast().power_avg_w == 150.0


def test_a_servers_acpi_meter_leaves_its_processors_unmetered(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("sys/class/hwmon/hwmon1/name", "power_meter")
    kernel.write("sys/class/hwmon/hwmon1/device/power1_average", "310000000")
    found = discover(edge)
    assert [s.device.energy_source for s in found.sensors if s.device.kind == "cpu"] == ["none"]
    assert "rapl_absent" in [note.code for note in found.notes]
    (server,) = [s for s in found.sensors if s.device.kind == "platform"]
    assert server.read_fast().power_avg_w == 310.0


def test_rails_of_a_jetson_are_parts_of_the_one_that_feeds_them(kernel: FakeKernel, edge: Edge) -> None:
    base = "sys/class/hwmon/hwmon0"
    kernel.write(f"{base}/name", "ina3221")
    for channel, (label, mv, ma) in enumerate(
        [("VDD_IN", 5000, 2000), ("VDD_CPU_GPU_CV", 5000, 900), ("VDD_SOC", 5000, 400)], start=1
    ):
        kernel.write(f"{base}/in{channel}_label", label)
        kernel.write(f"{base}/in{channel}_input", str(mv))
        kernel.write(f"{base}/curr{channel}_input", str(ma))
    kernel.write(f"{base}/in7_label", "sum of shunt voltages")
    whole, cpu, soc = board_hwmon.probe(edge).sensors
    assert [rail.read_fast().power_w for rail in (whole, cpu, soc)] == pytest.approx([10.0, 4.5, 2.0])
    assert [rail.device.parent_id for rail in (whole, cpu, soc)] == [None, whole.device.id, whole.device.id]
    (processor,) = [sensor for sensor in discover(edge).sensors if sensor.device.kind == "cpu"]
    assert processor.device.parent_id == whole.device.id  # what is estimated of it is in the rail's reading


def test_a_battery_shows_power_only_while_it_discharges(kernel: FakeKernel, edge: Edge) -> None:
    base = "sys/class/power_supply/BAT0"
    kernel.write(f"{base}/type", "Battery")
    kernel.write(f"{base}/status", "Discharging")
    kernel.write(f"{base}/voltage_now", "12000000")
    kernel.write(f"{base}/current_now", "-1500000")
    kernel.write("sys/class/power_supply/mouse/type", "Battery")
    kernel.write("sys/class/power_supply/mouse/scope", "Device")
    kernel.write("sys/class/power_supply/mouse/power_now", "1")
    (meter,) = battery.probe(edge).sensors
    assert meter.read_fast().power_w == pytest.approx(18.0)
    kernel.zone("intel-rapl:1", "psys", 200)
    (psys,) = rapl_parts.probe(edge).sensors
    assert psys.device.parent_id == meter.device.id  # the two are never summed
    kernel.write(f"{base}/status", "Charging")
    assert meter.read_fast().power_w is None
    assert meter.device.boundary == "platform"


def test_a_battery_that_shows_its_charge_only_is_a_note(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("sys/class/power_supply/BAT1/type", "Battery")
    kernel.write("sys/class/power_supply/BAT1/energy_now", "40000000")
    found = battery.probe(edge)
    assert found.sensors == ()
    assert [note.code for note in found.notes] == ["battery_power_absent"]


@pytest.mark.parametrize(
    ("answer", "power_w"),
    [
        ({"id": 0, "output": True, "apower": 87.3, "aenergy": {"total": 1200.5}}, 87.3),  # Shelly Plus, Gen2
        (
            {"StatusSNS": {"Time": "2022-01-11T21:57:38", "ENERGY": {"Total": 3.705, "Power": 5}}},
            5.0,
        ),  # Tasmota
        ({"relays": [{"ison": True}], "meters": [{"power": 41.5, "total": 7}]}, 41.5),  # Shelly, Gen1
        ({"Power": True}, None),
        ([], None),
    ],
)
def test_power_is_found_in_what_plugs_answer(answer: object, power_w: float | None) -> None:
    assert wall.power_in_json(answer) == power_w


@pytest.mark.parametrize(
    ("line", "power_w"),
    [
        (
            "Time,11-23-2026 10:00:00.000,Watts,253.100000,Volts,228.5,Amps,1.13,PF,0.97,Mark,run",
            253.1,
        ),  # PTDaemon
        ("2026-11-23T10:00:00Z,101.5", 101.5),
        ("power: 55.2 W, voltage 230 V", 55.2),
        ("no reading", None),
    ],
)
def test_power_is_found_in_lines_of_logs(line: str, power_w: float | None) -> None:
    assert wall.power_in_line(line) == power_w


@pytest.fixture
def plug() -> Iterator[str]:
    class Plug(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path.startswith("/cm")
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"StatusSNS": {"ENERGY": {"Power": 123}}}).encode() if known else b"")

        def log_message(self, *_: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Plug)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_plug_is_found_by_its_bare_address_and_gives_each_reading_once(edge: Edge, plug: str) -> None:
    (meter,) = wall.probe(replace(edge, environ={"ECO_WALL": plug})).sensors
    readings = []
    until = time.monotonic() + 5
    while time.monotonic() < until and not any(each.power_w for each in readings):
        readings.append(meter.read_fast())
        time.sleep(0.01)
    assert readings[-1].power_w == 123.0
    assert meter.read_fast().power_w is None  # nothing new yet
    assert (meter.device.kind, meter.device.boundary) == ("wall", "wall")
    meter.close()


def test_no_wall_meter_is_asked_without_its_address(edge: Edge) -> None:
    assert wall.probe(edge).sensors == ()
    assert wall.probe(edge).notes == ()


def test_a_wall_meter_that_does_not_answer_is_a_note(edge: Edge, tmp_path: Path) -> None:
    found = wall.probe(replace(edge, environ={"ECO_WALL": str(tmp_path / "absent.log")}))
    assert (found.sensors, [note.code for note in found.notes]) == ((), ["wall_unreachable"])


def test_a_growing_log_gives_its_newest_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "meter.log"
    path.write_text("10:00:00,50.0\n")
    read = wall.open_source(str(path))
    assert read() == 50.0
    assert read() is None
    with path.open("a") as file:
        file.write("10:00:01,60.0\n10:00:02,70.0\n10:00:03,8")
    assert read() == 70.0
    with path.open("a") as file:
        file.write("0.5\n")
    assert read() == 80.5


def test_a_serial_meter_is_read_line_by_line() -> None:
    ours, theirs = os.openpty()
    read = wall.open_source(f"serial:{os.ttyname(theirs)}@115200")
    assert read() is None
    os.write(ours, b"P=42.5 W\r\n")
    until = time.monotonic() + 5
    power_w = None
    while power_w is None and time.monotonic() < until:
        power_w = read()
    assert power_w == 42.5
    os.close(ours)
    os.close(theirs)


def test_a_source_that_keeps_failing_is_a_device_that_is_gone(edge: Edge) -> None:
    def fail() -> Reading | None:
        raise OSError("no route to host")

    poller = Poller(edge, fail, period_s=60.0)
    assert poller.read() == Reading()  # starts the thread, which asks once
    for _ in range(10):
        poller.ask()
    with pytest.raises(OSError, match="no route"):
        poller.read()
    poller.close()


APPLE = """*** Sampled system activity (Mon Nov 23 20:00:00 2026 +0000) (1004.55ms elapsed) ***
**** Processor usage ****
CPU Power: 4521 mW
GPU Power: 1200 mW
ANE Power: 0 mW
Combined Power (CPU + GPU + ANE): 5721 mW
**** GPU usage ****
GPU HW active frequency: 444 MHz
GPU Power: 1201 mW
*** Sampled system activity (Mon Nov 23 20:00:01 2026 +0000) (1003.11ms elapsed) ***
CPU Power: 90 mW
GPU Power: 15 mW
ANE Power: 3 mW
"""


def test_powers_of_apple_silicon_are_read_from_its_reports(edge: Edge) -> None:
    reports = list(powermetrics.parse(APPLE.splitlines()))
    assert reports == [
        {"cpu": 4.521, "gpu": 1.2, "accelerator": 0.0},
        {"cpu": 0.09, "gpu": 0.015, "accelerator": 0.003},
    ]
    apple = replace(edge, system="Darwin", start_powermetrics=lambda: StringIO(APPLE))
    cpu, gpu, _ = powermetrics.probe(apple).sensors
    until = time.monotonic() + 5
    while (reading := cpu.read_fast()).power_w != 0.09 and time.monotonic() < until:
        time.sleep(0.01)
    assert reading.power_w == 0.09
    assert gpu.read_fast().power_w == 0.015
    with pytest.raises(OSError, match="ended"):
        _read_until(gpu, until)


def _read_until(sensor: Sensor, until: float) -> None:
    while time.monotonic() < until:  # the reading thread may be a moment behind
        sensor.read_fast()


def test_the_power_of_intels_macs_is_that_of_the_package(edge: Edge) -> None:
    brand = "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz"
    mac = replace(
        edge,
        system="Darwin",
        start_powermetrics=lambda: StringIO(""),
        ask_sysctl={"machdep.cpu.brand_string": brand}.get,
    )
    assert [sensor.device.name for sensor in powermetrics.probe(mac).sensors] == [brand]
    head = "*** Sampled system activity (Mon Nov 23 20:00:00 2026 +0000) (1004.55ms elapsed) ***"
    line = "Intel energy model derived package power (CPUs+GT+SA): 3.37W"
    assert list(powermetrics.parse([head, line, head, line.replace("3.37W", "12.5W")])) == [
        {"cpu": 3.37},
        {"cpu": 12.5},
    ]


def test_apple_without_root_is_utilisation_with_the_reason(edge: Edge) -> None:
    def refuse() -> Any:
        raise PermissionError("powermetrics needs root")

    found = powermetrics.probe(replace(edge, system="Darwin", start_powermetrics=refuse))
    assert [sensor.device.energy_source for sensor in found.sensors] == ["none"]
    assert [note.hint for note in found.notes] == ["sudo eco-collect run -- …"]
