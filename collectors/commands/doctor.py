"""The command `eco-collect doctor`: say what can be measured here, and the fix."""

import json
import shutil
import textwrap
from dataclasses import asdict
from pathlib import Path

import click

from collectors.machine import Edge
from collectors.quantity_text import scaled
from collectors.survey import ESTIMATED, MEASURED, UNAVAILABLE, Quantity, Survey, SurveyedDevice, survey
from collectors.trace.records import Note

_COLOURS = {MEASURED: "green", ESTIMATED: "yellow", UNAVAILABLE: "bright_black"}
_NAME, _STATUS = 14, 13
_LEFT = 2 + _NAME + _STATUS
_TRACES = Path("data/traces")
_LITTLE_BYTES = 1 << 30


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option("--strict", is_flag=True, help="Exit 1 when an energy is only estimated.")
def doctor(as_json: bool, strict: bool) -> int:
    """Say what can be measured here: each device and quantity, why not, and the fix.

    Takes under a second, needs neither root nor network, changes nothing.
    Exit codes: 0 fine; 1 with --strict when an energy is only estimated; 2 when nothing can be measured.
    """
    found = survey(Edge(), _TRACES)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"verdict": _verdict(found)}, indent=2, default=str))
    else:
        _print(found)
    return exit_code(found, strict=strict)


def exit_code(found: Survey, *, strict: bool) -> int:
    """Return 2 when no quantity at all is measured, 1 when `strict` meets an estimate, else 0."""
    every = {each.status for entry in found.devices for each in entry.quantities}
    if MEASURED not in every:
        return 2
    return 1 if strict and found.statuses - {MEASURED} else 0


def _print(found: Survey) -> None:
    facts = found.recording
    click.secho(f"{facts.cpu_model or 'unknown CPU'} · {facts.host}", bold=True)
    memory = scaled(facts.memory_bytes, "B") if facts.memory_bytes else "unknown memory"
    _fact("system", f"{facts.os}, {facts.cpu_count} CPUs, {memory}, Python {facts.python}")
    _fact("runs in", _place(found))
    _fact("disk", _disk(found))
    for entry in found.devices:
        _print_device(entry)
    for note in found.notes:
        click.echo()
        _print_note(note)
    click.echo()
    click.secho(_verdict(found), bold=True)
    click.echo("next  eco-collect run -- python my_inference.py")


def _print_device(entry: SurveyedDevice) -> None:
    device = entry.device
    click.echo()
    parts = [device.kind.replace("_", " "), f"boundary {device.boundary}"]
    if device.power_limit_w:
        parts.append(f"limit {device.power_limit_w:g} W")
    if entry.read_us is not None:
        parts.append(f"{entry.read_us:.0f} µs a read")
    if not device.visible:
        parts.append("not visible to the workload")
    index = f" {device.index}" if device.kind != "memory" else ""
    click.secho(device.name, bold=True, nl=False)
    click.echo(f"  ({', '.join(parts[:1])}{index}; {', '.join(parts[1:])})")
    for quantity in entry.quantities:
        _print_quantity(quantity)
    for note in entry.warnings:
        _print_note(note)
    if entry.processes:
        names = ", ".join(f"{name} ({pid})" for pid, name in entry.processes)
        _fact("in use by", f"{names}: their energy is in the reading")


def _print_quantity(quantity: Quantity) -> None:
    lead = f"  {quantity.name:<{_NAME}}" + click.style(
        f"{quantity.status.upper():<{_STATUS}}", fg=_COLOURS[quantity.status]
    )
    text = quantity.how or quantity.why or ""
    click.echo(lead + _wrapped(text))
    if quantity.how and quantity.why:
        click.echo(" " * _LEFT + _wrapped(f"why: {quantity.why}"))
    if quantity.fix:
        click.echo(" " * _LEFT + f"fix: {quantity.fix}")  # never wrapped: it is there to be copied


def _print_note(note: Note) -> None:
    mark = "note" if note.severity == "info" else note.severity
    click.echo(f"  {mark:<{_NAME}}" + _wrapped(note.text, 2 + _NAME))
    if note.hint:
        click.echo(" " * (2 + _NAME) + f"fix: {note.hint}")


def _fact(name: str, text: str) -> None:
    click.echo(f"  {name:<{_NAME}}" + _wrapped(text, 2 + _NAME))


def _wrapped(text: str, left: int = _LEFT) -> str:
    width = max(40, min(110, shutil.get_terminal_size((100, 24)).columns) - left)
    return f"\n{' ' * left}".join(textwrap.wrap(text, width) or [""])


def _place(found: Survey) -> str:
    facts = found.recording
    parts = []
    if facts.virtualization not in (None, "none"):
        parts.append(f"a virtual machine ({facts.virtualization})")
    elif facts.virtualization == "none":
        parts.append("bare metal")
    if facts.container:
        parts.append(f"a container ({facts.container})")
    if facts.cpu_quota_ratio is not None:
        parts.append(f"limited to {100 * facts.cpu_quota_ratio:.0f} % of the CPUs")
    else:
        parts.append("no CPU quota")
    return ", ".join(parts)


def _disk(found: Survey) -> str:
    free = found.disk_free_bytes
    if free is None:
        return f"cannot tell what is free at {_TRACES}"
    little = ": that is little" if free < _LITTLE_BYTES else ""
    return f"{scaled(free, 'B')} free at {_TRACES}{little} (ten devices at 10 Hz write some 6 MB an hour)"


def _verdict(found: Survey) -> str:
    statuses = found.statuses
    if not statuses:
        return "Nothing here can be metered."
    if statuses == {MEASURED}:
        return "Energy is measured."
    if MEASURED in statuses:
        estimated = sorted({entry.device.kind for entry in found.devices if _is_estimated(entry)})
        return f"Energy is measured, except for: {', '.join(estimated)} (estimated)."
    return "Energy is estimated on this machine: utilisation is measured, joules are not."


def _is_estimated(entry: SurveyedDevice) -> bool:
    energies = [each for each in entry.quantities if each.name == "energy"]
    return entry.device.parent_id is None and any(each.status != MEASURED for each in energies)
