from dataclasses import replace
from pathlib import Path

import pytest

from collectors.machine import describe, discover
from collectors.sensors.edge import Edge, edge_at
from collectors.sensors.place import container, virtualization
from collectors.sensors.sensor import Found
from tests.fakes.kernel import FakeKernel


def test_bare_metal_is_said_to_be_none(kernel: FakeKernel, edge: Edge) -> None:
    assert virtualization(edge) == "none"
    assert container(edge) is None


def test_a_container_is_named_after_what_runs_it(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write(".dockerenv", "")
    assert container(edge) == "docker"
    assert container(replace(edge, environ={"KUBERNETES_SERVICE_HOST": "10.0.0.1"})) == "kubernetes"


@pytest.mark.parametrize(
    ("limit", "ratio"), [("50000 100000", 0.25), ("max 100000", None), ("800000 100000", 1.0)]
)
def test_quota_of_the_control_group_is_a_share_of_the_machine(
    kernel: FakeKernel, edge: Edge, limit: str, ratio: float | None
) -> None:
    kernel.write("proc/self/cgroup", "0::/user/job")
    kernel.write("sys/fs/cgroup/user/job/cpu.max", "900000 100000" if ratio else "max 100000")
    kernel.write("sys/fs/cgroup/user/cpu.max", limit)  # the tightest limit on the way up holds
    assert describe(edge).cpu_quota_ratio == ratio


def test_quota_of_the_older_control_groups_is_read_too(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000")
    kernel.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000")
    machine = discover(edge)
    assert machine.recording.cpu_quota_ratio == 0.5
    assert "cpu_quota" in [note.code for note in machine.notes]


def test_a_group_below_the_older_hierarchys_root_has_its_own_quota(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("proc/self/cgroup", "4:cpu,cpuacct:/slurm/job_7\n0::/")
    kernel.write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_quota_us", "50000")
    kernel.write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_period_us", "100000")
    assert describe(edge).cpu_quota_ratio == 0.25


@pytest.mark.parametrize(("allowed", "ratio"), [("1", 0.5), ("0-1", None), ("0,1", None), ("0-127", None)])
def test_the_cpus_that_affinity_allows_are_a_quota_too(
    kernel: FakeKernel, edge: Edge, allowed: str, ratio: float | None
) -> None:
    kernel.write("proc/self/status", f"Name:\tx\nCpus_allowed_list:\t{allowed}")
    assert describe(edge).cpu_quota_ratio == ratio


def test_wsl_is_named_and_its_gpu_is_seen_without_a_bus(kernel: FakeKernel, edge: Edge) -> None:
    kernel.write("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2")
    kernel.write("dev/dxg", "")
    found = discover(edge)
    assert found.recording.virtualization == "WSL"
    codes = {note.code: note for note in found.notes}
    assert "WSL" in codes["rapl_absent"].text
    assert "nvml_missing" in codes  # not "no GPU is in sight"


def test_a_machine_without_proc_and_sys_is_recorded_by_what_is_left(tmp_path: Path, edge: Edge) -> None:
    found = discover(
        edge_at(tmp_path / "nothing", load_nvml=edge.load_nvml, load_amdsmi=edge.load_amdsmi, environ={})
    )
    assert [sensor.device.kind for sensor in found.sensors] == ["cpu"]
    assert found.sensors[0].device.energy_source == "none"


def test_an_interface_that_fails_while_it_is_looked_at_leaves_the_others(
    kernel: FakeKernel, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(edge: Edge) -> Found:
        raise OSError("no such device")

    monkeypatch.setattr("collectors.sensors.battery.probe", fail)
    found = discover(edge)
    assert "cpu" in [sensor.device.kind for sensor in found.sensors]
    assert "battery failed" in next(note.text for note in found.notes if note.code == "sensor_failed")


def test_facts_of_the_machine_are_recorded(kernel: FakeKernel, edge: Edge) -> None:
    facts = describe(edge)
    assert facts.cpu_model == "Intel(R) Xeon(R) Gold 6342 CPU @ 2.80GHz"
    assert (facts.cpu_count, facts.memory_bytes) == (2, 33554432 * 1024)
    assert (facts.os or "").startswith("Debian GNU/Linux 12 (bookworm)")
