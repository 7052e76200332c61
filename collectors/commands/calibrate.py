"""The command `eco-collect calibrate`: characterise this machine's sensors."""

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import click

from collectors.calibration.book import Book, CpuLine, LoadTimes, SensorFacts, book_path, load, save
from collectors.calibration.characterise import characterise, cpu_line, load_times
from collectors.calibration.load import Load, cpu_load, gpu_load
from collectors.calibration.wall_log import line_from_log, read_log
from collectors.calibration.watch import FOR_A_LOG, Plan, watch
from collectors.machine import Edge, describe, probe_sensors
from collectors.quantity_text import scaled
from collectors.sensors.sensor import Sensor
from collectors.sensors.wall import VARIABLE
from collectors.trace.errors import EcoError


@click.command()
@click.option(
    "--idle-w", type=click.FloatRange(min=0, min_open=True), metavar="W", help="A wall meter at rest …"
)
@click.option(
    "--full-w", type=click.FloatRange(min=0, min_open=True), metavar="W", help="… and under full CPU load."
)
@click.option(
    "--wall", metavar="ADDRESS",
    help="A wall meter to read meanwhile: a log that another program writes, serial:/dev/ttyUSB0@9600, http://plug",
)  # fmt: skip
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A wall meter's log of the time when calibrate last ran here, exported afterwards: nothing runs again.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("data/calibration"), show_default=True,
    help="The folder for the result.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def calibrate(
    idle_w: float | None, full_w: float | None, wall: str | None, log: Path | None, out: Path, as_json: bool
) -> None:
    """Measure how this machine's sensors behave, and remember it for all later recordings.

    Runs a load on the CPUs, and with torch on each visible NVIDIA GPU, for half a minute each: update period,
    averaging window, counter against integrated power, cost of a read, power at rest (bare, with contexts, with
    memory filled) and under load. Leave the machine alone meanwhile. Without RAPL, a wall meter (--wall; its log
    afterwards with --log; or two numbers read from its display with --idle-w and --full-w) or an unplugged laptop's
    battery turns the CPU estimate into a two-point calibration.
    """
    if (idle_w is None) != (full_w is None):
        raise EcoError("a line needs two points", "eco-collect calibrate --idle-w 21 --full-w 85")
    edge = Edge(environ={**os.environ, VARIABLE: wall}) if wall else Edge()
    machine = probe_sensors(edge)
    if wall and not any(sensor.device.boundary == "wall" for sensor in machine):
        raise EcoError(f"the wall meter {wall} does not answer", "check the path, the port or the address")
    host = describe(edge).host
    path = book_path(out, host)
    if log is not None:
        book = _with_log(path, log)
    elif idle_w is not None and full_w is not None:
        if full_w <= idle_w:
            raise EcoError(
                "full load must draw more than rest", "eco-collect calibrate --idle-w 21 --full-w 85"
            )
        known = load(path) or Book(host, edge.utc_ns())
        book = replace(known, cpu=CpuLine(idle_w, full_w, "wall", "typed"))
    else:
        book = _measure(edge, machine, host, quiet=as_json)
    for sensor in machine:
        sensor.close()
    save(book, path)
    click.echo(json.dumps(asdict(book), indent=2) if as_json else _text(book, path))


def _with_log(path: Path, log: Path) -> Book:
    """Return the last calibration with the CPU's line from a wall meter's log of its time."""
    book = load(path)
    if book is None or book.load_times is None:
        raise EcoError(
            f"no load has run here that a log could show ({path})", "eco-collect calibrate, then --log FILE"
        )
    return replace(book, cpu=line_from_log(book.load_times, read_log(log)))


def _measure(edge: Edge, sensors: tuple[Sensor, ...], host: str, *, quiet: bool) -> Book:
    metered = [sensor for sensor in sensors if sensor.device.energy_source != "none"]
    gpus = [sensor for sensor in metered if sensor.device.sensor == "nvml" and sensor.device.visible]
    loads: list[tuple[str, Load, tuple[Sensor, ...]]] = []
    for index, gpu in enumerate(gpus):
        gpu_work = gpu_load(index)
        if gpu_work is None:
            click.echo("no torch: the GPUs are not loaded; pip install torch to characterise them", err=True)
            break
        loads.append((gpu.device.name, gpu_work, (gpu,)))
    others = tuple(sensor for sensor in sensors if sensor not in gpus and sensor.device.kind != "memory")
    loads.append(("CPU", cpu_load(), others))
    facts: tuple[SensorFacts, ...] = ()
    line: CpuLine | None = None
    times: LoadTimes | None = None
    for name, work, watched_sensors in loads:
        plan = Plan().suited(watched_sensors) if metered else FOR_A_LOG
        if not quiet:
            what = (
                "rest, full load, square waves"
                if plan.waves
                else "rest and full load, for a wall meter's log"
            )
            click.echo(f"{name}: {what}; about {plan.seconds:.0f} s …", err=True)
        watched = watch(watched_sensors, work, plan, time.monotonic, time.sleep)
        facts += characterise(watched)
        line = cpu_line(watched) or line
        times = load_times(watched, edge.utc_ns() - time.monotonic_ns())
    return Book(host, edge.utc_ns(), facts, line, times)


def _text(book: Book, path: Path) -> str:
    lines = []
    for facts in book.sensors:
        lines.append(click.style(f"{facts.name} ({facts.sensor})", bold=True))
        lines += [f"  {name:<16}{value}" for name, value in _rows(facts)]
    if book.cpu:
        lines.append(click.style("CPU power over utilisation", bold=True))
        where = f"{book.cpu.boundary}, from {book.cpu.reference}"
        lines.append(f"  0 % … 100 %     {book.cpu.idle_w:.1f} … {book.cpu.full_w:.1f} W ({where})")
    else:
        lines.append("CPU power over utilisation: could not be told")
        lines.append(
            "  it takes RAPL, a wall meter or a discharging battery, and a machine at rest but for this"
        )
        if book.load_times:
            lines.append(
                "  a wall meter's log of this time, exported later: eco-collect calibrate --log meter.csv"
            )
    lines.append(f"\nwritten to {path}; recordings started in this folder use it")
    return "\n".join(lines)


def _rows(facts: SensorFacts) -> list[tuple[str, str]]:
    unknown = "could not be told"
    gain = facts.counter_gain_ratio
    watts = [
        f"{value:.1f} W" if value is not None else "?"
        for value in (facts.bare_w, facts.context_w, facts.loaded_w, facts.full_w)
    ]
    return [
        ("update period", scaled(facts.update_period_s, "s") if facts.update_period_s else unknown),
        ("window", scaled(facts.averaging_window_s, "s") if facts.averaging_window_s else unknown),
        ("counter / power", f"{gain:.3f} ± {facts.counter_gain_error_ratio or 0:.3f}" if gain else unknown),
        ("power", "{} at rest, {} with contexts, {} with memory filled, {} under load".format(*watts)),
        ("a read takes", f"{facts.read_us:.0f} µs" if facts.read_us else unknown),
    ]
