"""The command `eco-collect run`: record any command."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from collectors.quantity_text import parse_count, parse_duration_s
from collectors.session import Asked, conduct
from collectors.trace.errors import EcoError
from collectors.trace.records import Config


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--model", metavar="NAME", help="What runs; the name of the command without it.")
@click.option("--params", metavar="N", help="Its parameters: 7B, 124M, 1234567.")
@click.option("--precision", metavar="P", default="unknown", help="fp32, bf16, int8, q4_k_m, …")
@click.option(
    "--batch-size", type=click.FloatRange(min=0, min_open=True), metavar="N", help="Items per batch."
)
@click.option(
    "--items",
    type=click.IntRange(min=1),
    metavar="N",
    help="Items that the command finishes each time it runs.",
)
@click.option("--item-unit", metavar="UNIT", default="inference", help="inference, token, image, request, …")
@click.option(
    "--task", metavar="NAME", default="unspecified", help="text-generation, image-classification, …"
)
@click.option("--framework", metavar="NAME", default="unknown", help="pytorch, onnxruntime, llama.cpp, …")
@click.option("--repeat", type=click.IntRange(min=0), default=0, metavar="N", help="Number of this repeat.")
@click.option(
    "--idle", default="3s", metavar="TIME", show_default=True, help="Idle baseline before the command."
)
@click.option(
    "--at-least", default="0s", metavar="TIME",
    help="Run the command again and again, in the one run, until it has lasted this long.",
)  # fmt: skip
@click.option(
    "--hz", type=click.FloatRange(min=0.01, max=1000), metavar="F", help="Fixed rate; adaptive without."
)
@click.option(
    "--target", type=click.FloatRange(min=1e-5, max=1), default=0.005, metavar="R", show_default=True,
    help="Adaptive: the bound on the sampling error to aim at, as a share of the run's energy.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("data/traces"), show_default=True,
    help="The folder for the trace file.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def run(
    command: tuple[str, ...], model: str | None, params: str | None, items: int | None, repeat: int, idle: str,
    at_least: str, hz: float | None, target: float, out: Path, quiet: bool, **said: Any,
) -> int:  # fmt: skip
    """Record COMMAND: eco-collect run --model distilgpt2 --params 82M --items 100 -- python generate.py.

    The command's output, input and exit code are left as they are. It may mark its phases with
    `collectors.mark("infer", items=8)`. The trace goes to one new file in --out.
    """
    _check(command)
    params_count = parse_count(params) if params else None
    source = "command line" if params_count else None
    asked = Asked(
        command=command,
        config=Config(model=model or _name(command), params_count=params_count, facts_source=source, **said),
        repeat=repeat,
        items_count=items,
        phase="infer" if model or items else "run",
        idle_s=parse_duration_s(idle),
        at_least_s=parse_duration_s(at_least),
        hz=hz,
        target_ratio=target,
        out=out,
    )
    outcome = conduct(asked)
    if not quiet and outcome.lines:
        click.echo("\n".join(outcome.lines), err=True)
    return outcome.exit_code


def _check(command: tuple[str, ...]) -> None:
    """Raise `EcoError` when there is nothing to run, or no such program."""
    if not command:
        raise EcoError("no command to record", "eco-collect run -- python my_inference.py")
    if shutil.which(command[0]) is None:
        if command[0].startswith("-"):
            raise EcoError(
                f"no such option: {command[0]}", "eco-collect run --help; the command goes after --"
            )
        raise EcoError(f"no such command: {command[0]}", f"check the path, or: command -v {command[0]}")


def _name(command: tuple[str, ...]) -> str:
    """Name a command by its program, or by the script that an interpreter runs."""
    program = Path(command[0]).name
    if program.startswith(("python", "sh", "bash", "node", "julia", "Rscript")):
        scripts = [word for word in command[1:] if not word.startswith("-")]
        if scripts and " " not in scripts[0]:
            return Path(scripts[0]).name
    return program or shlex.join(command)[:100] or sys.executable
