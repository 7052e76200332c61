"""Series that cannot be or mislead: powers that the device cannot draw, powers below zero, boards that idle along."""

from collections.abc import Iterator
from dataclasses import dataclass

from collectors.trace.records import Note
from ecoanalysis.identity.devices import all_devices, find_device
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.importers.checks.power import ABOVE, BELOW, METERED, MOST_W, rated_w, slip_text

_SERIES = """
SELECT run_id, device_id, device.name, device.boundary, any_value(recording.source_id) AS source_id,
    avg(power_w) AS mean_w, max(power_w) AS peak_w, count(*) FILTER (power_w < 0) AS negative,
    count(power_w) AS readings
FROM sample JOIN device ON device.id = sample.device_id
LEFT JOIN recording ON recording.id = device.recording_id
WHERE power_w IS NOT NULL GROUP BY run_id, device_id, device.name, device.boundary ORDER BY run_id, device_id
"""

_BOARDS = """
SELECT run_id, min(recording.source_id) AS source_id, count(*) AS boards,
    count(*) FILTER (util < 0.02) AS idle, count(*) FILTER (util > 0.2) AS busy,
    sum(mean_w) FILTER (util < 0.02) / nullif(sum(mean_w), 0) AS idle_share
FROM (SELECT run_id, device_id, any_value(device.recording_id) AS recording_id,
        avg(util_ratio) AS util, avg(power_w) AS mean_w
    FROM sample JOIN device ON device.id = sample.device_id WHERE device.boundary = 'board' GROUP BY run_id, device_id)
JOIN recording ON recording.id = recording_id
GROUP BY run_id HAVING idle > 0 AND busy > 0 ORDER BY run_id
"""

_REPEATED = """
SELECT run_id, device_id, any_value(device.name), min(recording.source_id), count(*) - count(DISTINCT t_ns), count(*)
FROM sample JOIN device ON device.id = sample.device_id LEFT JOIN recording ON recording.id = device.recording_id
GROUP BY run_id, device_id HAVING count(*) > count(DISTINCT t_ns) ORDER BY 1, 2
"""


def repeated_times(facts: Facts) -> Iterator[Note]:
    """Find series with several readings at one time: lines twice, or devices that the log does not tell apart."""
    for run, device, name, source, twice, count in facts.con.execute(_REPEATED).fetchall():
        yield Note(
            "check_repeated_times",
            f"{name}: {twice} of {count} readings bear a time that another bears",
            "warning", "lines twice, or several devices read as one", run_id=run, device_id=device, source_id=source,
        )  # fmt: skip


_PEAKS = """
SELECT run_id, device_id, any_value(device.name), min(recording.source_id), median(power_w), max(power_w)
FROM sample JOIN device ON device.id = sample.device_id LEFT JOIN recording ON recording.id = device.recording_id
WHERE power_w IS NOT NULL GROUP BY run_id, device_id
HAVING count(*) >= 3 AND max(power_w) > 20 * median(power_w) AND max(power_w) > 1000 ORDER BY 1, 2
"""


def spikes(facts: Facts) -> Iterator[Note]:
    """Find series with a reading over twenty times their median and over a kilowatt: a counter that was set back."""
    for run, device, name, source, middle, peak in facts.con.execute(_PEAKS).fetchall():
        yield Note(
            "check_spike",
            f"{name}: one reading of {peak:.4g} W in a series with a median of {middle:.4g} W",
            "error", "a counter that started anew, or a damaged line: take it out and import again",
            run_id=run, device_id=device, source_id=source,
        )  # fmt: skip


def idle_boards(facts: Facts) -> Iterator[Note]:
    """Find runs in which some boards work and others only idle: the boards' sum charges the idle ones to the work."""
    for run, source, boards, idle, _, share in facts.con.execute(_BOARDS).fetchall():
        part = f", {share:.0%} of the boards' power" if share is not None else ""
        yield Note(
            "check_all_gpus_charged",
            f"{idle} of {boards} boards idle beside the work{part}",
            "warning", "take the busy board's energy for the model, the sum for the machine",
            run_id=run, source_id=source,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    """The powers of a device in a run [W]: their mean and peak, how many there are, and how many below zero."""

    run: int
    device: int
    name: str
    boundary: str
    source: int | None
    mean_w: float
    peak_w: float
    negative: int
    readings: int

    def note(self, code: str, text: str, severity: str, hint: str) -> Note:
        """Return a finding on it."""
        ids = {"run_id": self.run, "device_id": self.device, "source_id": self.source}
        return Note(code, f"{self.name}: {text}", severity, hint, **ids)


def _series(facts: Facts) -> Iterator[_Series]:
    """Yield the series of powers."""
    yield from (_Series(*row) for row in facts.con.execute(_SERIES).fetchall())


def _rated_w(one: _Series) -> float | None:
    """Return the rated power of a metered device [W], None where it is not known."""
    return rated_w(find_device(one.name)) if one.boundary in METERED else None


def negative_readings(facts: Facts) -> Iterator[Note]:
    """Find series with powers below zero."""
    for one in _series(facts):
        if one.negative:
            text = f"{one.negative} of {one.readings} power readings are below 0 W"
            hint = "an error value of the meter, or a difference of two meters"
            yield one.note("check_negative_readings", text, "warning", hint)


def implausible_readings(facts: Facts) -> Iterator[Note]:
    """Find series whose mean power is far above the rated power of their device, or next to nothing.

    Such a run is out of use: a log in milliwatts read as watts is wrong by a thousand.
    """
    for one in _series(facts):
        rated = _rated_w(one)
        share = one.mean_w / rated if rated else None
        if share is not None and not BELOW <= share <= ABOVE:
            text = f"{one.mean_w:.4g} W on average over {one.readings} readings, rated {rated:.4g} W"
            hint = "check the unit of the log's power column"
            yield one.note("check_implausible_watts", text + slip_text(share), "error", hint)


def readings_beyond_any_device(facts: Facts) -> Iterator[Note]:
    """Find series with a power that no device of the kind draws, whatever its name.

    Where the mean is above the rated power, `implausible_readings` says so.
    """
    for one in _series(facts):
        most, rated = MOST_W.get(one.boundary), _rated_w(one)
        if most is not None and one.peak_w > most and not (rated and one.mean_w > ABOVE * rated):
            text = f"a reading of {one.peak_w:.4g} W at the {one.boundary}: none draws over {most:.4g} W"
            hint = "check the unit of the log's power column; a damaged line: take it out and import again"
            yield one.note("check_beyond_any_device", text, "error", hint)


def readings_beyond_known_boards(facts: Facts) -> Iterator[Note]:
    """Find boards of unknown name whose mean power is above the rated power of any known: milliwatts, or a sum."""
    most = max(rated_w(spec) or 0.0 for spec in all_devices())
    for one in _series(facts):
        named, possible = _rated_w(one) is not None, one.peak_w <= MOST_W["board"]
        if one.boundary == "board" and not named and possible and one.mean_w > most:
            text = f"{one.mean_w:.4g} W on average: no known board may draw more than {most:.4g} W"
            hint = "milliwatts (import with --column power_w=COLUMN:mW), or several boards in one column"
            yield one.note("check_beyond_known_boards", text, "warning", hint)
