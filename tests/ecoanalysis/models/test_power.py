"""The power models: worked values, monotone curves, shipped fits equal to what the published data give."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ecoanalysis.energy.estimate import Host, specification_curve
from ecoanalysis.identity.devices import find_device
from ecoanalysis.models.power_check import Trial, check_cpu, check_gpu
from ecoanalysis.models.power_cpu import (
    LEVELS,
    Server,
    calibrated_curve,
    features,
    fit_prior,
    predict,
    server_curve,
)
from ecoanalysis.models.power_curve import curve_for
from ecoanalysis.models.power_data import read_servers
from ecoanalysis.models.power_fit import cpu_from_json, load_cpu_fit, load_gpu_fit, to_json
from ecoanalysis.models.power_gpu import (
    READING_SCHEMA,
    Size,
    board_curve,
    device_power,
    fit_law,
    law,
    usual_idle_w,
)
from ecoanalysis.models.power_split import each_out, folds, new_group_bound, tails
from ecoanalysis.models.power_train import fit_gpu
from ecoanalysis.settings import Settings

_EPYC = Server(225.0, 2, 128, 256, 256e9, 2.25e9, 2019, "epyc-gen2")


def test_a_server_curve_rises_and_is_bounded() -> None:
    curve = server_curve(_EPYC)
    assert np.all(np.diff(curve.power_w) >= 0)
    assert all(
        low < mid < high for low, mid, high in zip(curve.low_w, curve.power_w, curve.high_w, strict=True)
    )
    # 2 × EPYC 7742, SPECpower results of 2019–20: about 500 W full, 90–130 W idle
    assert 350 < curve.power_w[-1] < 700
    assert 60 < curve.power_w[0] < 180


def test_an_unseen_architecture_has_a_wider_interval_and_says_so() -> None:
    known = server_curve(_EPYC)
    unseen = server_curve(Server(225.0, 2, 128, 256, 256e9, 2.25e9, 2019, "zen-9"))
    width = [np.mean(np.log(np.array(curve.high_w) / np.array(curve.low_w))) for curve in (known, unseen)]
    assert width[1] > width[0]
    assert "not seen" in unseen.note


def test_two_readings_are_kept_and_the_curve_between_them_is_concave_for_a_modern_server() -> None:
    curve = calibrated_curve(100.0, 400.0)
    assert (curve.power_w[0], curve.power_w[-1]) == (100.0, pytest.approx(400.0))
    assert np.all(np.diff(curve.power_w) >= 0)
    # SPECpower at idle ÷ full of a quarter: 10 % load already takes 12–20 % of the span
    assert 0.12 < (curve.power_w[1] - 100) / 300 < 0.2


def test_law_by_hand_and_capped_at_tdp() -> None:
    size = Size(tdp_w=300.0, idle_w=50.0, die_area_mm2=400.0)
    # √(400 · 250) = 316.23; 50 + 0.5 · 0.6 · 316.23 = 144.87
    power = law(size, np.array([0.0, 0.6, 1.0]), 0.5)
    assert power[:2] == pytest.approx([50.0, 144.868], abs=1e-3)
    assert law(size, np.array([1.0]), 5.0)[0] == 300.0


def test_the_law_is_recovered_from_planted_readings() -> None:
    sizes = {"a": Size(300.0, 30.0, 500.0), "b": Size(700.0, 80.0, 800.0)}
    rows = []
    for name, size in sizes.items():
        for util in np.linspace(0.1, 0.9, 9):
            watt = float(law(size, np.array([util]), 0.4)[0])
            rows.append((name, float(util), 0.0, 0.0, "fp16", False, watt))
    found = fit_law(pl.DataFrame(rows, READING_SCHEMA, orient="row"), sizes)
    assert found == pytest.approx(0.4, rel=1e-6)


def test_a_board_without_a_reading_has_a_wide_interval_and_an_unknown_one_has_none() -> None:
    curve = board_curve("NVIDIA GeForce RTX 4090")
    assert curve is not None
    assert curve.power_w[-1] <= 450
    assert curve.high_w[-1] / curve.low_w[-1] > 1.3
    assert board_curve("RTX 99999") is None
    assert board_curve("Apple M2") is None  # no TDP is published


def test_idle_power_without_a_reading_grows_with_limit_and_memory() -> None:
    known = find_device("NVIDIA H100 SXM5 80GB")
    assert known is not None
    assert known.tdp_w == 700.0
    # 0.33 W per √(W · GB), √(700 · 80) = 236.6: 78 W; a bare H100 SXM idles at about 70 W
    assert usual_idle_w(known, 0.33) == pytest.approx(78.1, abs=1.0)
    assert usual_idle_w(replace(known, memory_bytes=None), 0.33) is None


def test_few_groups_widen_the_bound_by_their_bias() -> None:
    # two groups at ±0.1 without scatter: t(1, 97.5 %) = 12.706, √(0.01 · 1.5) = 0.12247
    spread = [np.full(4, 0.1), np.full(3, -0.1)]
    assert new_group_bound(spread) == pytest.approx(12.706 * 0.12247, rel=1e-3)
    # all biased alike is no less doubtful
    assert new_group_bound([np.full(4, 0.1)] * 2) == pytest.approx(12.706 * 0.12247, rel=1e-3)


def test_a_measured_board_has_a_curve_of_its_own() -> None:
    readings = pl.DataFrame([("x", 0.6, 0.4, 0.1, "fp16", False, None)], READING_SCHEMA, orient="row")
    found = device_power(readings, "NVIDIA L40")
    assert found is not None
    power, low, high = found
    assert low[0] < power[0] < high[0]
    assert 100 < power[0] < 320
    assert device_power(readings, "NVIDIA H100 PCIe 80GB") is None


def test_curves_are_passed_down_by_kind_of_device() -> None:
    gpu = Host("consumer_gpu", "NVIDIA GeForce RTX 4090", None, None, None, None, None)
    cpu = Host("cpu", "AMD EPYC 7742 64-Core Processor", None, 128, None, None, None)
    bare, read = curve_for(Settings()), curve_for(Settings(cpu_idle_w=60.0, cpu_full_w=240.0))
    board, calibrated = bare(gpu), read(cpu)
    assert board is not None
    assert board.method == "fitted"
    assert calibrated is not None
    assert (calibrated.power_w[0], calibrated.power_w[-1]) == (60.0, pytest.approx(240.0))
    sheet = bare(cpu)
    assert sheet is not None
    assert sheet.method == "specification"


def test_parts_keep_groups_together() -> None:
    groups = ["a", "b", "a", "c", "b", "d"]
    for parts in (folds(groups, 3), each_out(groups)):
        assert sorted(row for _, test in parts for row in test) == list(range(6))
        for train, test in parts:
            assert not {groups[i] for i in train} & {groups[i] for i in test}


def test_tails_of_equal_weights_are_quantiles() -> None:
    low, high = tails(np.arange(1001.0)[:, None], np.ones(1001))
    assert (low[0], high[0]) == (pytest.approx(25, abs=1), pytest.approx(975, abs=1))


def test_a_planted_architecture_effect_is_not_seen_when_it_is_held_out(shared_data: Path) -> None:
    servers, power, _ = read_servers(shared_data)
    names = np.array([one.architecture or "" for one in servers])
    planted = power.copy()
    planted[names == "skylake"] *= 3.0
    rest = names != "skylake"
    prior = fit_prior(
        [one for one, keep in zip(servers, rest, strict=True) if keep], planted[rest], box=False
    )
    held_out = [one for one in servers if one.architecture == "skylake"]
    off = np.median(np.log(planted[~rest]) - predict(prior, held_out))
    assert off == pytest.approx(np.log(3.0), abs=0.2)


def test_the_fit_survives_its_plain_data() -> None:
    fit = load_cpu_fit()
    again = cpu_from_json(to_json(fit, digits=12))
    assert server_curve(_EPYC, again).power_w == pytest.approx(server_curve(_EPYC, fit).power_w, rel=1e-9)
    assert features([_EPYC], box=False).shape == (1, 7)
    assert len(LEVELS) == 11


def test_a_cpu_without_a_sensor_has_the_interval_of_measured_servers(shared_data: Path) -> None:
    servers, power, _ = read_servers(shared_data)
    tdp = np.array([one.tdp_w * one.sockets_count for one in servers])[:, None]
    rise = (power - power[:, :1]) / tdp
    cpu = Host("cpu", "AMD EPYC 7742 64-Core Processor", None, 128, None, None, None)
    sheet = specification_curve(cpu)
    assert sheet is not None
    for level in (0.1, 0.5, 1.0):
        low, high = np.percentile(rise[:, LEVELS.index(level)], [2.5, 97.5])
        _, least, most = (one[0] / 225.0 for one in sheet.power(np.array([level])))
        assert least == pytest.approx(0.05 + 0.85 * low, abs=0.01)
        assert most == pytest.approx(0.45 + high, abs=0.01)


@pytest.fixture(scope="module")
def cpu_trials(shared_data: Path) -> list[Trial]:
    return check_cpu(shared_data)


def test_server_power_is_within_its_bars_and_beats_teads(cpu_trials: list[Trial]) -> None:
    teads = next(trial for trial in cpu_trials if "Teads" in trial.estimator)
    aimed = [trial for trial in cpu_trials if trial.bar_pct]
    assert len(aimed) == 6
    for trial in aimed:
        assert trial.mdape_pct <= trial.bar_pct, trial
        assert trial.mdape_pct < teads.mdape_pct, trial
        assert trial.coverage_ratio is not None
        assert 0.92 <= trial.coverage_ratio <= 0.98, trial


def test_gpu_power_is_within_its_bars_and_beats_tdp_times_utilisation(shared_data: Path) -> None:
    trials = check_gpu(shared_data)
    for trial in trials:
        if trial.bar_pct:
            assert trial.mdape_pct <= trial.bar_pct, trial
        if trial.coverage_ratio is not None:
            assert trial.coverage_ratio >= 0.93, trial
    unseen = {
        trial.estimator: trial.mdape_pct for trial in trials if trial.split == "unseen NVIDIA device, rows"
    }
    assert unseen["law, one idle reading"] < unseen["law, no reading"]
    assert (
        unseen["law, no reading"] < unseen["idle + (TDP − idle) × utilisation"] < unseen["TDP × utilisation"]
    )


def test_the_shipped_gpu_fit_is_that_of_the_published_data(shared_data: Path) -> None:
    again, shipped = fit_gpu(shared_data), load_gpu_fit()
    assert again.area_law == pytest.approx(shipped.area_law, rel=1e-4)
    assert again.high == pytest.approx(shipped.high, rel=1e-4)
