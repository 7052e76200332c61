from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.calibration.book import Book, CpuLine, LoadTimes, load, save
from collectors.calibration.characterise import load_times
from collectors.calibration.wall_log import line_from_log, read_log
from collectors.calibration.watch import Log, Watched
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Reading
from collectors.trace.errors import EcoError
from collectors.trace.records import Device

BEGIN_S = int(datetime(2026, 11, 27, 17, 0, tzinfo=UTC).timestamp())


def _times(rest_ratio: float = 0.0) -> LoadTimes:
    second = 1_000_000_000
    rest, full = (
        (BEGIN_S * second, (BEGIN_S + 10) * second),
        ((BEGIN_S + 20) * second, (BEGIN_S + 30) * second),
    )
    return LoadTimes(rest, full, rest_ratio, 1.0)


def _log(folder: Path, stamp: str) -> Path:
    """A meter that shows 40 W for 15 s and then 120 W, once a second."""
    path = folder / "meter.csv"
    moments = [datetime.fromtimestamp(BEGIN_S + second, UTC) for second in range(31)]
    watts = [40.0 if second < 15 else 120.0 for second in range(31)]
    times = [f"{m.timestamp():.0f}000" if stamp == "ms" else m.strftime(stamp) for m in moments]
    rows = [f"{at},{power}" for at, power in zip(times, watts, strict=True)]
    path.write_text("\n".join(["time,power", *rows]))
    return path


@pytest.mark.parametrize("stamp", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.000+00:00", "%s", "ms"])
def test_a_log_gives_the_line_through_rest_and_full_load(tmp_path: Path, stamp: str) -> None:
    line = line_from_log(_times(rest_ratio=0.2), read_log(_log(tmp_path, stamp)))
    # 40 W at 20 % and 120 W at 100 %: 100 W over the whole range, so 20 W at 0 %
    assert (line.idle_w, line.full_w) == (pytest.approx(20.0), pytest.approx(120.0))
    assert (line.boundary, line.reference) == ("wall", "log")


def test_a_log_of_another_time_is_refused_with_the_time_that_is_wanted(tmp_path: Path) -> None:
    log = _log(tmp_path, "%Y-%m-%dT%H:%M:%S+05:00")
    with pytest.raises(EcoError, match="0 readings at rest, between 17:00:00 and 17:00:10 UTC"):
        line_from_log(_times(), read_log(log))


def test_a_file_without_times_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello 12 W\n2026-13-40 10:00:00,12 W\n")
    with pytest.raises(EcoError, match="no line with a time"):
        read_log(tmp_path / "x")


def test_the_times_of_the_load_are_kept_for_a_log_that_comes_later(tmp_path: Path) -> None:
    cpu = Log(Meter(Device(1, None, "cpu", "c", "package", "procfs"), Reading))
    cpu.t_s, cpu.readings = [5.0, 9.0, 19.0], [Reading(util_ratio=ratio) for ratio in (0.9, 0.1, 1.0)]
    span = (0.0, 0.0)
    watched = Watched((cpu,), span, span, (0.0, 10.0), (10.0, 20.0), span, ())
    times = load_times(watched, offset_ns=1_000)
    # the first 40 % of a plateau are left out: 4 to 10 s, 14 to 20 s
    assert times == LoadTimes((4_000_001_000, 10_000_001_000), (14_000_001_000, 20_000_001_000), 0.5, 1.0)
    path = tmp_path / "h.json"
    save(Book("h", 1, (), CpuLine(1.0, 2.0, "wall", "log"), times), path)
    assert (load(path) or Book("", 0)).load_times == times
