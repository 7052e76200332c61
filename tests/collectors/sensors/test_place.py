from dataclasses import replace

import pytest

from collectors.machine import describe, discover
from collectors.sensors.edge import Edge
from collectors.sensors.place import container, virtualization
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


def test_facts_of_the_machine_are_recorded(kernel: FakeKernel, edge: Edge) -> None:
    facts = describe(edge)
    assert facts.cpu_model == "Intel(R) Xeon(R) Gold 6342 CPU @ 2.80GHz"
    assert (facts.cpu_count, facts.memory_bytes) == (2, 33554432 * 1024)
    assert (facts.os or "").startswith("Debian GNU/Linux 12 (bookworm)")
