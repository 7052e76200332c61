"""The command line of the analysis: `eco`."""

import sys

import click

from collectors.lazy_group import LazyGroup, run_group
from ecoanalysis import __version__
from ecoanalysis.commands import COMMANDS


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eco")
def group() -> None:
    """Turn recordings into joules, grams, litres and answers.

    Start with `eco report`; ask about hardware you have not measured with `eco predict`.
    """


def main() -> None:
    """Run the command line; print an `EcoError` as one line with its hint, exit 2."""
    sys.exit(run_group(group))
