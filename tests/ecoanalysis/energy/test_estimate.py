"""Power curves for devices without a sensor."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecoanalysis.energy.bounds import sensor_bound
from ecoanalysis.energy.estimate import Host, specification_curve

UNKNOWN = Host("cpu", "AMD EPYC", None, 2, "KVM", None, None)
KNOWN = replace(UNKNOWN, name="AMD EPYC 7763 64-Core Processor", threads_count=128, virtualization="none")


def watts(host: Host, util: float) -> tuple[float, float, float]:
    curve = specification_curve(host)
    assert curve is not None
    mid, low, high = curve.power(np.array([util]))
    return float(low[0]), float(mid[0]), float(high[0])


@pytest.mark.parametrize("host", [UNKNOWN, KNOWN, replace(KNOWN, virtualization="KVM", threads_count=4)])
def test_the_interval_is_at_least_half_both_ways_and_power_never_falls_with_load(host: Host) -> None:
    rows = np.array([watts(host, u) for u in np.linspace(0, 1, 21)])
    assert (rows[:, 0] <= 0.5 * rows[:, 1] + 1e-9).all()
    assert (rows[:, 2] >= 1.5 * rows[:, 1] - 1e-9).all()
    assert (np.diff(rows[:, 1]) > 0).all()


def test_a_guessed_processor_has_the_wider_interval_upwards() -> None:
    low, mid, high = watts(UNKNOWN, 1.0)
    assert mid == pytest.approx(2 * 3.42)
    assert high / mid > mid / low * 0.6 > 1.5


def test_a_full_server_draws_about_its_tdp_and_two_sockets_twice_that() -> None:
    assert watts(KNOWN, 1.0)[1] == pytest.approx(1.02 * 280)
    assert watts(replace(KNOWN, threads_count=256), 1.0)[1] == pytest.approx(2 * 1.02 * 280)


def test_a_virtual_machine_is_charged_its_threads_and_a_quota_its_share() -> None:
    whole = watts(KNOWN, 0.5)[1]
    assert watts(replace(KNOWN, threads_count=2, virtualization="KVM"), 0.5)[1] == pytest.approx(whole / 64)
    assert watts(replace(KNOWN, container="docker", cpu_quota_ratio=0.25), 0.5)[1] == pytest.approx(whole / 4)


def test_a_stated_tdp_serves_where_the_name_is_unknown() -> None:
    host = replace(UNKNOWN, virtualization="none", tdp_w=65.0, threads_count=8)
    assert watts(host, 1.0)[1] == pytest.approx(66.3)


def test_a_device_that_is_no_cpu_has_no_curve() -> None:
    assert specification_curve(replace(UNKNOWN, kind="consumer_gpu")) is None


def test_memory_is_estimated_from_its_size_at_any_load() -> None:
    memory = Host("memory", "main memory", None, None, None, None, None, 64e9)
    assert watts(memory, 0.0) == watts(memory, 1.0) == pytest.approx((7.68, 21.12, 32))


def test_a_sensor_that_sees_part_of_the_time_has_a_wider_bound() -> None:
    assert sensor_bound("nvml", gain_error_ratio=0.05).gain_error_ratio == 0.05
    part_time = sensor_bound("nvml", update_period_s=0.1, averaging_window_s=0.025, gain_error_ratio=0.06)
    assert part_time.gain_error_ratio == pytest.approx(0.1)  # 6 % and 8 % in quadrature
    assert sensor_bound("something new").gain_error_ratio == 0.1
    assert sensor_bound("spec_ptdaemon").gain_error_ratio == 0.01


def test_every_coefficient_has_a_source() -> None:
    folder = Path(__file__).parents[3] / "ecoanalysis" / "energy" / "tables"
    for path in folder.glob("*.csv"):
        with path.open() as file:
            assert all(row["source"] and row["status"] for row in csv.DictReader(file)), path
