"""A click group that imports a command only when it is called, and prints our errors in one way."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

import click

from collectors.trace.errors import EcoError


class LazyGroup(click.Group):
    """A group whose commands live at `module:attribute`, with their one-line help beside them.

    `commands_at` maps a command's name to (module:attribute, one-line help), so that `--help` imports none.
    """

    def __init__(self, *args: object, commands_at: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the list."""
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._commands_at:
            return None
        module, attribute = self._commands_at[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return what click resolves; a name that is none is told the one that is most like it."""
        if args[0] not in self._commands_at and not args[0].startswith("-"):
            near = get_close_matches(args[0], self._commands_at, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command list from the one-line helps."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._commands_at.items()])


def run_group(group: click.Group) -> int:
    """Run a command line and return its exit code; the one place where errors become text."""
    try:
        outcome = group.main(standalone_mode=False)
    except EcoError as error:
        click.echo(f"error: {error.message}\n  try: {error.hint}", err=True)
        return 2
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        if not (hint := _of_the_disk(error)):
            raise
        click.echo(f"error: {str(error).splitlines()[0]}\n  try: {hint}", err=True)
        return 2
    return outcome if isinstance(outcome, int) else 0


def _of_the_disk(error: Exception) -> str:
    """Return what to do about a disk that is full or may not be written, whichever library met it; else nothing."""
    text = str(error)
    if "No space left on device" in text or "os error 28" in text:
        return "free some space; what was begun is undone (big files are sorted in TMPDIR)"
    if isinstance(error, PermissionError) or "Read-only file system" in text:
        return "write elsewhere, or change its rights"
    return ""
