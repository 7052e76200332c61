"""The command `eco-collect suite`: run and record a suite of inference configurations."""

import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collectors.trace.errors import EcoError

if TYPE_CHECKING:
    from collectors.workloads.case import Case
    from collectors.workloads.grid import Suite

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}


@click.command()
@click.argument("name", required=False)
@click.option("--quick", is_flag=True, help="The same as the suite named quick.")
@click.option(
    "--select", "choices", multiple=True, metavar="KEY=VALUE[,VALUE…]", help="Run a part only; repeatable."
)
@click.option(
    "--one-per", metavar="KEY[,KEY…]",
    help="Run only the smallest configuration of each combination, as in --one-per framework,task,precision.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="List what would run, and for how long; run nothing.")
@click.option(
    "--max-time", metavar="2h",
    help="Begin no further group of runs after this long (s, m or h); what has begun is finished.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Leave out what the traces in --out already hold.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("data/traces"), show_default=True,
    help="The folder for the trace file.",
)  # fmt: skip
def suite(
    name: str | None,
    quick: bool,
    choices: tuple[str, ...],
    one_per: str | None,
    dry_run: bool,
    max_time: str | None,
    resume: bool,
    out: Path,
) -> int:
    """Run and record the suite NAME (without one: list them), or the suite in a TOML file of your own.

    Every configuration is loaded, warmed up, driven for a fixed window and repeated until its time per item
    is known; what cannot run here is skipped, with the reason in the trace.
    """
    from collectors.workloads import grid
    from collectors.workloads.machine_limits import unavailable

    if quick and name not in (None, "quick"):
        raise EcoError(f"both --quick and {name} are given", f"eco-collect suite {name}")
    name = "quick" if quick else name
    if name is None:
        _list(grid.names())
        return 0
    chosen = _chosen(name, choices, one_per)
    cases = chosen.cases
    limit_s = _seconds(max_time) if max_time else None
    if dry_run:
        _describe(chosen, cases)
        return 0
    missing = {case: reason for case in cases if (reason := unavailable(case))}
    runnable = tuple(case for case in cases if case not in missing)
    if not runnable:
        raise EcoError(
            f"nothing of this suite can run here: {next(iter(missing.values()))}", "eco-collect doctor"
        )
    return _run(chosen, runnable, (*chosen.skipped, *missing.items()), limit_s, resume, out)


def _chosen(name: str, choices: tuple[str, ...], one_per: str | None) -> "Suite":
    """Return the part of a suite that is asked for; a selection leaves what cannot exist unsaid."""
    from collectors.workloads import grid
    from collectors.workloads.machine_limits import cores_count

    whole = grid.read_suite(name, cores_count())
    if choices:
        whole = replace(whole, cases=grid.select(whole.cases, choices), skipped=())
    return grid.narrow(whole, one_per.split(",")) if one_per else whole


def _run(
    chosen: "Suite", cases: "tuple[Case, ...]", skipped: "tuple[tuple[Case, str], ...]", limit_s: float | None,
    resume: bool, out: Path,
) -> int:  # fmt: skip
    import collectors
    from collectors.scratch import scratch
    from collectors.workloads.conductor import Progressed, conduct
    from collectors.workloads.machine_limits import turns_bytes
    from collectors.workloads.progress import Progress
    from collectors.workloads.resume import recorded
    from collectors.workloads.skips import leave_out

    board = {case: Progressed() for case in cases}
    if resume:
        for problem in recorded(out, board):
            click.echo(f"not read: {problem}", err=True)
    progress = Progress(chosen, board, sys.stderr)
    if all(done.finished(chosen.protocol) for done in board.values()):
        click.echo("everything of this suite is recorded already", err=True)
        progress.summary(None, True)
        return 0
    deadline_s = None if limit_s is None else time.monotonic() + limit_s
    out.mkdir(parents=True, exist_ok=True)
    with scratch("eco-suite-") as cache, collectors.recording(out=out) as host:
        leave_out(skipped, host)
        complete = conduct(
            cases,
            chosen.protocol,
            cache,
            board,
            env=host.env,
            memory_bytes=turns_bytes(),
            deadline_s=deadline_s,
            tell=progress.tell,
        )
    progress.summary(host.path, complete)
    return 1 if any(done.failure for done in board.values()) else 0


def _list(names: list[str]) -> None:
    from collectors.workloads.grid import read_suite

    for name in names:
        suite_here = read_suite(name, 2)
        click.echo(f"{name:15} {len(suite_here.cases):5} configurations  {suite_here.title}")
    click.echo("\nnext: eco-collect suite quick")


def _describe(chosen: "Suite", cases: "tuple[Case, ...]") -> None:
    from collectors.workloads.estimate import duration_s
    from collectors.workloads.grid import per_axis
    from collectors.workloads.progress import clock_text

    for case in cases:
        click.echo(f"{case.key}  {case.task}  {case.label}")
    click.echo(f"\n{chosen.name}: {len(cases)} valid configurations ({len(chosen.skipped)} cannot exist)")
    for axis, counts in per_axis(cases).items():
        values = ", ".join(f"{value or '-'} {count}" for value, count in counts.most_common())
        click.echo(f"  {axis} ({len(counts)}): {values}")
    reasons: dict[str, int] = {}
    for _, reason in chosen.skipped:
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        click.echo(f"  left out {count}: {reason}")
    click.echo(f"  estimated time: {clock_text(duration_s(cases, chosen.protocol))}")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip())
    if not found or float(found[1]) == 0:
        raise EcoError(f"cannot read the time {text!r}", "write --max-time 90s, 30m or 2h")
    return float(found[1]) * _UNITS_S[found[2]]
