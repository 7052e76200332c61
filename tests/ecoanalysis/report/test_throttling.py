"""Throttled stretches: from the driver's counter, else from its reasons."""

import numpy as np
import polars as pl
import pytest

from ecoanalysis.report.throttling import THROTTLE_COLUMNS, merged, throttled


def _samples(
    bits: list[int | None], thermal_ns: list[int | None], waited: frozenset[int] = frozenset()
) -> pl.DataFrame:
    """Return one sample a second; `waited` numbers those that come after a wait."""
    schema = {"own_s": pl.Float64, "waited": pl.Boolean, **dict.fromkeys(THROTTLE_COLUMNS, pl.Int64)}
    rows = [(float(i), i in waited, thermal_ns[i], None, bits[i]) for i in range(len(bits))]
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_growing_counter_is_a_stretch_from_the_sample_before() -> None:
    assert throttled(_samples([None] * 6, [0, 0, 5, 9, 9, 9])) == ((1.0, 3.0, "heat"),)


def test_a_counter_that_stands_still_overrules_the_sampled_reason() -> None:
    assert throttled(_samples([0, 0x40, 0x40], [7, 7, 8])) == ((1.0, 2.0, "heat"),)


def test_reasons_speak_where_no_counter_is_read() -> None:
    # 0x04 power cap, 0x40 hardware thermal slowdown (NVML clock-event reasons)
    bits = [0, 0x04, 0x04 | 0x40, 0, 0x40]
    expected = ((0.0, 2.0, "power"), (1.0, 2.0, "heat"), (3.0, 4.0, "heat"))
    assert throttled(_samples([*bits], [None] * 5)) == expected


def test_what_throttled_others_between_a_runs_turns_is_not_its_own() -> None:
    waited = frozenset({2})
    assert throttled(_samples([None] * 5, [0, 0, 50, 50, 60], waited)) == ((3.0, 4.0, "heat"),)
    assert throttled(_samples([0, 0, 0x40, 0, 0x40], [None] * 5, waited)) == ((3.0, 4.0, "heat"),)


def test_a_device_that_tells_nothing_has_no_stretch() -> None:
    assert throttled(_samples([None] * 4, [None] * 4)) == ()


def test_ten_thousand_stretches_are_drawn_as_few_that_cover_the_same_ends() -> None:
    begin_s = 0.01 * np.arange(10_000)
    joined = merged(begin_s, begin_s + 0.001)
    assert len(joined) <= 400
    assert joined[0][0] == 0.0
    assert joined[-1][1] == pytest.approx(99.991)
