"""What `eco-collect doctor` says, on fake machines."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pynvml
import pytest
from click.testing import CliRunner

from collectors.commands import doctor as command
from collectors.machine import Edge
from collectors.sensors.edge import edge_at
from collectors.survey import ESTIMATED, Survey, survey
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import AMD, FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)


def edge_of(kernel: FakeKernel, *gpus: FakeGpu) -> Edge:
    fail = None if gpus else pynvml.NVML_ERROR_LIBRARY_NOT_FOUND
    library: Any = FakeNvml(list(gpus), FakeClock(100.05), fail_init=fail)
    return edge_at(kernel.root, load_nvml=lambda: library, environ={})


def look(kernel: FakeKernel, edge: Edge) -> Survey:
    return survey(edge, kernel.root, sleep=lambda _: kernel.spend(0, 10, 10))


def statuses(found: Survey) -> dict[str, str]:
    return {
        f"{entry.device.kind} {each.name}": each.status
        for entry in found.devices
        for each in entry.quantities
    }


def test_a_server_with_rapl_dram_and_a_gpu_measures_every_energy(kernel: FakeKernel) -> None:
    kernel.zone("intel-rapl:0", "package-0")
    kernel.zone("intel-rapl:0:0", "dram")
    found = look(kernel, edge_of(kernel, FakeGpu()))
    assert {name: status for name, status in statuses(found).items() if name.endswith("energy")} == {
        "cpu energy": "measured",
        "memory energy": "measured",
        "datacenter_gpu energy": "measured",
    }
    assert statuses(found)["cpu utilisation"] == "measured"
    assert command.exit_code(found, strict=True) == 0


def test_a_counter_says_when_it_wraps(kernel: FakeKernel) -> None:
    kernel.zone("intel-rapl:0", "package-0", wrap_j=262_143.0, tdp_w=230.0)
    cpu = look(kernel, edge_of(kernel)).devices[0]
    assert "wraps at 262 kJ (19 min at 230 W)" in (cpu.quantities[0].how or "")  # 262143 / 230 / 60 = 18.996
    assert cpu.read_us is not None
    assert cpu.read_us > 0


def test_without_any_energy_sensor_it_is_an_estimate_with_reason_and_cure(tmp_path: Path) -> None:
    kernel = FakeKernel(tmp_path, cpuinfo=AMD.replace("vme", "vme hypervisor"))
    found = look(kernel, edge_of(kernel))
    energy = found.devices[0].quantities[0]
    assert energy.status == "estimated"
    assert "virtual machine" in (energy.why or "")
    assert energy.fix
    assert command.exit_code(found, strict=True) == 1
    assert command.exit_code(found, strict=False) == 0


def test_nothing_measurable_is_exit_code_2() -> None:
    from collectors.trace.records import Recording

    assert command.exit_code(Survey(Recording(0, "h", None), (), (), None), strict=False) == 2


def test_what_a_pascal_board_lacks_is_said(kernel: FakeKernel) -> None:
    pascal = FakeGpu(
        "NVIDIA GeForce GTX 1080 Ti",
        brand=pynvml.NVML_BRAND_GEFORCE,
        architecture=pynvml.NVML_DEVICE_ARCH_PASCAL,
        without=frozenset({"energy", "mem_temp"}),
        running=((1, 1 << 30),),
    )
    kernel.write("proc/1/comm", "systemd")
    gpu = look(kernel, edge_of(kernel, pascal)).devices[-1]
    by_name = {each.name: each for each in gpu.quantities}
    assert (by_name["energy"].how or "").startswith("power, integrated, every 20 ms")
    assert "no energy counter" in (by_name["energy"].why or "")
    assert by_name["memory temp."].status == "unavailable"
    assert "GeForce" in (by_name["memory temp."].why or "")
    assert gpu.processes == ((1, "systemd"),)


def test_a_gpu_that_vanishes_while_it_is_looked_at_is_said(kernel: FakeKernel) -> None:
    fake = FakeGpu()

    def vanish(_: float) -> None:
        fake.lost = True

    found = survey(edge_of(kernel, fake), kernel.root, sleep=vanish)
    assert statuses(found)["datacenter_gpu energy"] == "unavailable"


def test_parts_of_a_package_do_not_change_the_verdict(kernel: FakeKernel) -> None:
    kernel.zone("intel-rapl:0", "package-0")
    kernel.zone("intel-rapl:0:0", "core")
    kernel.zone("intel-rapl:0:1", "dram")
    found = look(kernel, edge_of(kernel))
    assert found.statuses == {"measured"}


def test_mig_instances_without_a_sensor_do_not_change_the_verdict_of_their_board(kernel: FakeKernel) -> None:
    kernel.zone("intel-rapl:0", "package-0")
    kernel.zone("intel-rapl:0:0", "dram")
    found = look(kernel, edge_of(kernel, FakeGpu(instances=("MIG-1",))))
    assert [entry.quantities[0].status for entry in found.devices[-2:]] == ["measured", "unavailable"]
    assert found.statuses == {"measured"}
    assert command.exit_code(found, strict=True) == 0


def test_text_and_json_say_the_same_in_under_a_second(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = replace(edge_of(kernel), procfs=Path("/proc"))
    monkeypatch.setattr(command, "Edge", lambda: edge)
    began_s = time.perf_counter()
    text = CliRunner().invoke(command.doctor, [], standalone_mode=False)
    as_json = CliRunner().invoke(command.doctor, ["--json"], standalone_mode=False)
    assert time.perf_counter() - began_s < 2.0
    assert text.exception is None
    assert "ESTIMATED" in text.output
    assert "fix: " in text.output
    assert "\x1b" not in text.output  # colours are for terminals
    found = json.loads(as_json.output)
    assert found["verdict"] in text.output
    assert found["devices"][0]["quantities"][0]["status"] == "estimated"


def test_a_mac_without_root_says_what_to_do_where_its_energy_is_estimated(tmp_path: Path) -> None:
    def refuse() -> Any:
        raise PermissionError("powermetrics needs root")

    mac = edge_at(
        tmp_path, system="Darwin", environ={}, start_powermetrics=refuse, load_nvml=_missing, load_amdsmi=_missing,
        ask_sysctl=lambda name: "Apple M3 Pro",
    )  # fmt: skip
    (cpu,) = survey(mac, tmp_path).devices
    energy = cpu.quantities[0]
    assert (energy.status, energy.why, energy.fix) == (
        ESTIMATED, "no energy: powermetrics needs root", "sudo eco-collect run -- …",
    )  # fmt: skip


def test_a_processor_within_a_metered_rail_asks_for_no_counter_of_its_own(tmp_path: Path) -> None:
    kernel = FakeKernel(tmp_path)
    base = "sys/class/hwmon/hwmon0"
    for name, text in {
        "name": "ina3221",
        "in1_label": "VDD_IN",
        "in1_input": "5000",
        "curr1_input": "2000",
    }.items():
        kernel.write(f"{base}/{name}", text)
    found = survey(edge_at(tmp_path, environ={}, load_nvml=_missing, load_amdsmi=_missing), tmp_path)
    cpu = next(entry for entry in found.devices if entry.device.kind == "cpu")
    assert (cpu.quantities[0].why, cpu.quantities[0].fix) == ("in the reading of what it is part of", None)
    assert "rapl_absent" not in [note.code for note in found.notes]


def _missing() -> Any:
    raise ImportError("not installed")
