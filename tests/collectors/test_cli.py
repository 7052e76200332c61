import subprocess
import sys
from importlib import import_module

import click
import pytest

import collectors.cli
import collectors.commands
import ecoanalysis.cli
import ecoanalysis.commands
from collectors.lazy_group import run_group
from collectors.trace.errors import EcoError

EVERY = [*collectors.commands.COMMANDS.values(), *ecoanalysis.commands.COMMANDS.values()]


@pytest.mark.parametrize("where", [where for where, _ in EVERY])
def test_every_listed_command_is_there_with_a_help(where: str) -> None:
    module, attribute = where.split(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{where} {parameter.name}"


def test_an_error_is_one_line_with_a_hint_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    @click.group()
    def group() -> None:
        raise EcoError("no such thing", "make it")

    group.add_command(click.Command("x"))
    sys.argv = ["eco", "x"]
    assert run_group(group) == 2
    assert capsys.readouterr().err == "error: no such thing\n  try: make it\n"


def test_a_full_disk_is_told_whichever_library_met_it_and_a_bug_flies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: list[Exception] = [
        OSError(28, "No space left on device"),
        RuntimeError("parquet: underlying IO error: No space left on device (os error 28)"),
        PermissionError(13, "Permission denied", "reports"),
        ValueError("a bug"),
    ]

    @click.group()
    def group() -> None:
        raise wrong[0]

    group.add_command(click.Command("x"))
    monkeypatch.setattr(sys, "argv", ["eco", "x"])
    for word in ("free some space", "free some space", "write elsewhere"):
        assert run_group(group) == 2
        assert word in capsys.readouterr().err
        wrong.pop(0)
    with pytest.raises(ValueError, match="a bug"):
        run_group(group)


def test_a_command_misspelt_is_told_the_one_that_is_meant() -> None:
    from click.testing import CliRunner

    assert "Did you mean 'import'?" in CliRunner().invoke(ecoanalysis.cli.group, ["imprt"]).output


@pytest.mark.parametrize("module", ["collectors.cli", "ecoanalysis.cli"])
def test_help_imports_no_heavy_library(module: str) -> None:
    heavy = ("duckdb", "polars", "sklearn", "altair", "numpy")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
