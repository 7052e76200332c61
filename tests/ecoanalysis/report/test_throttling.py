"""Throttled stretches: from the driver's counter, else from its reasons."""

import duckdb
import numpy as np
import pytest

from ecoanalysis.report.throttling import merged, throttled

S = 1_000_000_000


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(
        "CREATE TABLE sample (run_id BIGINT, device_id BIGINT, t_ns BIGINT, throttle_bits BIGINT, "
        "throttle_power_ns BIGINT, throttle_thermal_ns BIGINT)"
    )
    return made


def test_a_growing_counter_is_a_stretch_from_the_sample_before(con: duckdb.DuckDBPyConnection) -> None:
    thermal = [0, 0, 5, 9, 9, 9]
    con.executemany(
        "INSERT INTO sample VALUES (1, 2, ?, NULL, NULL, ?)", [[i * S, v] for i, v in enumerate(thermal)]
    )
    assert throttled(con, 1, 2, 0) == ((1.0, 3.0, "heat"),)


def test_reasons_speak_where_no_counter_is_read(con: duckdb.DuckDBPyConnection) -> None:
    # 0x04 power cap, 0x40 hardware thermal slowdown (NVML clock-event reasons)
    bits = [0, 0x04, 0x04 | 0x40, 0, 0x40]
    con.executemany(
        "INSERT INTO sample VALUES (1, 2, ?, ?, NULL, NULL)", [[i * S, v] for i, v in enumerate(bits)]
    )
    assert throttled(con, 1, 2, 0) == ((0.0, 2.0, "power"), (1.0, 2.0, "heat"), (3.0, 4.0, "heat"))


def test_a_device_that_tells_nothing_has_no_stretch(con: duckdb.DuckDBPyConnection) -> None:
    con.executemany("INSERT INTO sample VALUES (1, 2, ?, NULL, NULL, NULL)", [[i * S] for i in range(4)])
    assert throttled(con, 1, 2, 0) == ()


def test_ten_thousand_stretches_are_drawn_as_few_that_cover_the_same_ends() -> None:
    begin_s = 0.01 * np.arange(10_000)
    joined = merged(begin_s, begin_s + 0.001)
    assert len(joined) <= 400
    assert joined[0][0] == 0.0
    assert joined[-1][1] == pytest.approx(99.991)
