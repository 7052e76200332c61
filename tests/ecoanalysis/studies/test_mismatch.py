import pytest

from ecoanalysis.settings import Settings
from ecoanalysis.studies.break_even import break_even, break_even_findings
from ecoanalysis.studies.load_line import load_lines
from ecoanalysis.studies.mismatch import best_per_device, regret, run
from tests.ecoanalysis.studies.planted import measurements


def _rows(*cells: tuple[str, float, float]) -> list[dict[str, object]]:
    return [
        {
            "base_model": "resnet50",
            "device": device,
            "scenario": "offline",
            "throughput_items_per_s": rate,
            "energy_per_item_j": energy,
        }
        for device, rate, energy in cells
    ]


def test_regret_is_the_ratio_to_the_best_device_and_never_below_one() -> None:
    matrix = regret(best_per_device(measurements(_rows(("a", 1, 4.0), ("a", 9, 2.0), ("b", 1, 6.0)))))
    assert dict(zip(matrix["device"], matrix["regret"], strict=True)) == {"a": 1.0, "b": 3.0}
    assert matrix["best_device"].to_list() == ["a", "a"]


def test_devices_at_different_boundaries_do_not_compete() -> None:
    rows = _rows(("a", 1, 4.0), ("b", 1, 6.0))
    rows[1]["boundary"] = "wall"
    assert regret(best_per_device(measurements(rows))).is_empty()


def test_fixed_and_marginal_power_of_a_line_are_recovered() -> None:
    # P = 100 W + 2 J per item · rate: 10/s → 120 W → 12 J an item; 100/s → 300 W → 3 J
    lines = load_lines(measurements(_rows(("a", 10, 12.0), ("a", 100, 3.0))))
    row = lines.row(0, named=True)
    assert (row["fixed_power_w"], row["marginal_j"]) == (pytest.approx(100.0), pytest.approx(2.0))
    assert (row["fixed_share"], row["fixed_share_light"]) == (pytest.approx(1 / 3), pytest.approx(100 / 120))


def test_one_device_alone_is_not_an_answer() -> None:
    assert run(measurements(_rows(("a", 1, 1.0))), Settings()).answer.startswith("Cannot be answered")


def test_the_large_device_wins_above_the_crossing_of_the_power_lines() -> None:
    # 10 W + 2 J·r against 100 W + 0.5 J·r: equal at 90 / 1.5 = 60 a second
    assert break_even((10.0, 2.0), (100.0, 0.5)) == pytest.approx(60.0)
    assert break_even((10.0, 0.5), (100.0, 2.0)) is None
    rows = _rows(("small", 1, 12.0), ("small", 10, 3.0), ("large", 10, 10.5), ("large", 1000, 0.6))
    found = list(break_even_findings(load_lines(measurements(rows))))
    assert found[0].estimate == pytest.approx(60.0)
    assert (found[0].groups["small"], found[0].groups["large"]) == ("small", "large")
