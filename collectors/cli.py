"""The command line of the collectors: `eco-collect`."""

import sys

import click

from collectors import __version__
from collectors.commands import COMMANDS
from collectors.lazy_group import LazyGroup, run_group


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eco-collect")
def group() -> None:
    """Record what a workload costs on this machine: power, energy, heat, utilisation.

    Start with `eco-collect doctor`; then `eco-collect run -- python my_inference.py`.
    """


def main() -> None:
    """Run the command line; print an `EcoError` as one line with its hint, exit 2."""
    sys.exit(run_group(group))
