"""Commands in sentences are set as commands: whole, and without the sentence's own stops."""

import pytest

from collectors.workloads import grid
from ecoanalysis.commands import COMMANDS
from ecoanalysis.report.inline import SUITES, VERBS, Code, _with_commands
from ecoanalysis.studies import quantization


def _commands(said: str) -> list[str]:
    return [piece.text for piece in _with_commands(said) if isinstance(piece, Code)]


def test_every_command_and_suite_there_is_can_be_told_from_words() -> None:
    assert sorted(COMMANDS) == sorted(VERBS)
    assert sorted(grid.names()) == sorted(SUITES)


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("run eco-collect suite quick.", ["eco-collect suite quick"]),
        ("run eco-collect suite; its list", ["eco-collect suite"]),
        ("To mend it, --region FRA.", ["--region FRA"]),
        ("--latency-bound 0.1 compares what answers", ["--latency-bound 0.1"]),
        ("at --hz 10, or more", ["--hz 10"]),
        ("eco-collect doctor says what would mend it.", ["eco-collect doctor"]),
        ("all of them: eco factors --all", ["eco factors --all"]),
        ("look at one with eco show RUN.", ["eco show RUN"]),
        (
            "eco study, eco export and eco import FILE; eco badge MODEL",
            ["eco study", "eco export", "eco import FILE", "eco badge MODEL"],
        ),
        ("an eco checklist, pre-eco fit", []),
        ("--embodied counts it", ["--embodied"]),
        ("--one-per framework,task,precision.", ["--one-per framework,task,precision"]),
    ],
)
def test_a_command_ends_where_the_sentence_goes_on(said: str, commands: list[str]) -> None:
    assert _commands(said) == commands


def test_a_selection_of_several_values_is_one_command() -> None:
    assert _commands(f"{quantization._MISSING}.") == [quantization._MISSING]
