"""Predictions in the terminal: one in full, several as a table."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ecoanalysis.errors import EcoError
from ecoanalysis.models.prediction import Prediction
from ecoanalysis.models.suggest import Suggestion
from ecoanalysis.records import Quantity
from ecoanalysis.report.numbers import plain, text
from ecoanalysis.report.quantities import BOUNDARIES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_ROWS_SHOWN = 100
_BAR_CELLS = 20
_TERMS = {
    "weights": "reading weights", "experts": "reading experts", "cache": "reading the cache",
    "state": "recurrent state", "flops": "arithmetic", "prefill": "reading prompts", "launch": "kernel launches",
    "host": "host work per step", "collective": "talk between devices", "transition": "launches not hidden by work",
    "sequential": "layers in sequence", "denoise": "denoising", "attend": "attention", "decode": "decoding",
    "encode": "text encoder", "item": "fixed per item", "communicate": "talk between devices",
    "whole_system": "the whole machine", "unpack": "unpacking weights", "step": "steps", "request": "fixed per request",
    "board": "the accelerators", "server": "the server that they share", "slot": "what each adds to the server",
    "box": "the box around the module", "launch_moe": "kernel launches of experts",
    "launch_fp8": "kernel launches of fp8", "transition_moe": "launches of experts not hidden by work",
}  # fmt: skip
_TIERS = {
    "stack": "software stack", "device": "device", "precision": "precision", "task": "task", "family": "model family",
    "arch": "architecture", "batch": "batch", "combination": "combination or size of item",
    "version": "software version",
}  # fmt: skip


def prediction_view(found: Prediction) -> "RenderableType":
    """Return one prediction in full: numbers with intervals, how sure, why, neighbours, what was assumed, doubts."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    config = found.configuration
    head = Text.assemble((config.facts.name, "bold"), f" on {config.devices_count} × {config.device.name}")
    what = Text(f"{config.precision} · batch {config.batch_size:g} · {config.stack} · {config.task}\n", "dim")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, width=8)
    grid.add_column(overflow="fold")
    item = config.item_unit
    for label, quantity, per in (
        ("energy", found.energy, f"per {item}"),
        ("carbon", found.co2, f"CO₂e per {item}"),
        ("water", found.water, f"per {item}"),
        ("ESS", replace(found.ess, unit=""), f"million parameters per g CO₂e of 1,000 {item}s"),
    ):
        grid.add_row(label, _number(quantity, per))
    grid.add_row("", "")
    grid.add_row("interval", _certainty(found))
    grid.add_row("covers", _boundary(found.energy.boundary, found.configuration.devices_count))
    grid.add_row("place", found.place)
    grid.add_row("", "")
    for place, (name, share) in enumerate(found.terms):
        grid.add_row("because" if place == 0 else "", _bar(name, share))
    if found.nearest:
        grid.add_row("", "")
        grid.add_row("measured", _neighbours(found))
    if found.assumed:
        grid.add_row("", "")
        grid.add_row("assumed", Text("\n".join(found.assumed), "dim"))
    if found.warnings:
        grid.add_row("", "")
        grid.add_row(Text("doubts", "yellow"), Text("\n".join(found.warnings), "yellow"))
    return Group(head, what, grid)


def predictions_table(answers: "list[tuple[Prediction | EcoError, str]]", width: int) -> "RenderableType":
    """Return several predictions as a table for `width` characters, each beside what was asked; refusals below it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    predicted = [answer for answer, _ in answers if isinstance(answer, Prediction)]
    several = len({_place(found) for found in predicted}) > 1
    names = ["Energy per item", "CO₂e per 1,000", "×/÷", "New here"]
    names = names[: 4 if width >= 110 else 3 if width >= 90 else 2 if several else 1]
    table = Table(box=None, pad_edge=False, header_style="bold", row_styles=["", "dim"])
    for name in ("Model", "Device", "Runs as"):
        table.add_column(name, overflow="fold", min_width=10)
    for name in names:
        table.add_column(name, justify="left" if name == "New here" else "right", no_wrap=name != "New here")
    if several:
        table.add_column("Place", overflow="fold")
    refused = [(answer, asked) for answer, asked in answers if isinstance(answer, EcoError)]
    for found in predicted[:_ROWS_SHOWN]:
        table.add_row(*_cells(found)[: 3 + len(names)], *([_place(found)] if several else []))
    parts: list[RenderableType] = [table] if predicted else []
    if len(predicted) > _ROWS_SHOWN:
        parts.append(Text(f"… and {len(predicted) - _ROWS_SHOWN:,} more: --json, or --out FILE.csv", "dim"))
    for error, asked in refused[:_ROWS_SHOWN]:
        parts.append(
            Text.assemble((f"no answer for {asked}: {error.message}", "yellow"), f"\n  try: {error.hint}")
        )
    if any(found.assumed or found.warnings for found in predicted):
        parts.append(Text("assumptions and doubts of each: --json", "dim"))
    return Group(*parts)


def suggestion_view(found: Suggestion, suite: str | None) -> "RenderableType":
    """Return the runs to make, what each is expected to bring, and the lines; `suite` is the file that was written."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    about = ", ".join(f"{batch:g}" for batch in found.about)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Run", "Batch", "90 % interval then"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("–", "–", f"×/÷ {found.before:.2f}", style="dim")
    for place, (batch, width) in enumerate(found.runs, 1):
        table.add_row(str(place), f"{batch:g}", f"×/÷ {width:.2f}")
    name = found.configuration.device.name
    parts: list[RenderableType] = [
        Text(f"\nRuns that would narrow this most (expected, mean over batches {about})", "bold"), table,
        Text(f"\nOn the machine with the {name}:", "bold"),
    ]  # fmt: skip
    if suite:
        parts.append(Text(f"  eco-collect suite {suite}"))
    else:
        parts += [Text(f"  {line}", no_wrap=True, overflow="ignore") for line in found.lines]
        if found.suite:
            parts.append(
                Text(
                    "  or with our own workloads: add --suite FILE.toml, then eco-collect suite FILE.toml",
                    "dim",
                )
            )
    parts.append(Text("then: eco combine, and the same question with --anchors own", "dim"))
    return Group(*parts)


def _place(found: Prediction) -> str:
    """Return the region of a place, with a PUE that was stated; assumed ones follow from the device."""
    grid, _, pue = found.place.partition(", PUE ")
    name = re.sub(r" \d{4}$", "", grid.partition("(")[2].rstrip(")"))
    return name if "assumed" in pue else f"{name}, PUE {pue}"


def _refusals(refused: "list[tuple[EcoError, str]]") -> list[tuple[str, str]]:
    """Return one line and its hint per reason, with how many configurations it concerns."""
    found: dict[tuple[str, str], list[str]] = {}
    for error, asked in refused:
        found.setdefault((error.message, error.hint), []).append(asked)
    return [
        (f"no answer for {names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {message}", hint)
        for (message, hint), names in list(found.items())[:_ROWS_SHOWN]
    ]


def _cells(found: Prediction) -> list[str]:
    """Return the cells of a row."""
    config = found.configuration
    thousand = replace(
        found.co2, value=_times(found.co2.value), low=_times(found.co2.low), high=_times(found.co2.high)
    )
    devices = f"{config.devices_count} × " if config.devices_count > 1 else ""
    new = ", ".join(_TIERS[tier] for tier in found.tiers if tier in _TIERS) or "–"
    runs_as = f"{config.precision}, batch {config.batch_size:g}"
    numbers = [
        f"{text(found.energy)}/{config.item_unit}",
        text(thousand),
        f"{found.half_width_ratio:.2f}",
        new,
    ]
    return [config.facts.name, devices + config.device.name, runs_as, *numbers]


def _times(value: float | None) -> float | None:
    """Return a value per item for 1,000 items."""
    return None if value is None else 1000 * value


def _number(quantity: Quantity, per: str) -> "Text":
    """Return a quantity in bold with what it is per, or why it is unknown."""
    from rich.text import Text

    if quantity.value is None:
        return Text(f"unknown: {quantity.note}", "dim")
    return Text.assemble((text(quantity), "bold"), f" {per}")


def _certainty(found: Prediction) -> str:
    """Return how wide the interval is, why, and how often it held, in a sentence or two."""
    new = ", ".join(_TIERS[tier] for tier in found.tiers if tier in _TIERS)
    what = f"new here: {new}" if new else "nothing is new here"
    held = (
        "it could not be tested on held-out groups"
        if found.coverage is None
        else f"on {found.groups_count} held-out groups it covered {found.coverage:.0%}"
    )
    by = f"estimated by {found.estimator}" + (f" ({found.anchors_count})" if found.anchors_count else "")
    return f"{by}; 90 % interval ×/÷ {found.half_width_ratio:.2f}, {what}; {held} ({found.calibration})"


def _boundary(boundary: str | None, devices_count: int) -> str:
    """Return what the energy covers: of several devices all."""
    name = BOUNDARIES.get(str(boundary), str(boundary))
    if boundary == "board" and devices_count > 1:
        name = f"the {devices_count} accelerator boards together"
    apart = ", without the machine around" if boundary in ("board", "package", "module") else ""
    return f"{name}{apart} {'them' if devices_count > 1 else 'it'}" if apart else name


def _bar(name: str, share: float) -> "Text":
    """Return a term's share as a bar with its name."""
    from rich.text import Text

    words = _TERMS.get(name) or _TERMS.get(name.split("_")[0], name.replace("_", " "))
    return Text.assemble(("█" * max(1, round(share * _BAR_CELLS)), "cyan"), f" {share:.0%} {words}")


def _neighbours(found: Prediction) -> "Table":
    """Return the nearest measured configurations."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for near in found.nearest:
        energy = Quantity(near["energy_per_item_j"], "J", "measured", found.energy.boundary)
        table.add_row(
            text(energy), f"{near['model']} · {near['devices_count']} × {near['device']}",
            f"{near['precision']} · batch {plain(near['batch_size'])}",
        )  # fmt: skip
    return table
