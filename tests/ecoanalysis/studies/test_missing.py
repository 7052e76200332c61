"""A study that lacks data names runs that the suite really has."""

import shlex
from dataclasses import replace

import pytest

from collectors.workloads import grid
from ecoanalysis.settings import Settings
from ecoanalysis.studies import STUDIES, load_study
from tests.ecoanalysis.studies.planted import measurements

_ONE = measurements([{"base_model": "m", "model": "m", "energy_per_item_j": 1.0}])
_LACKING = ("quantization", "mismatch", "implementation", "scaling", "quality")


@pytest.mark.parametrize("name", _LACKING)
def test_the_line_that_would_answer_a_study_selects_runs(name: str) -> None:
    result = load_study(name)(_ONE, Settings())
    assert result.missing, result.answer
    words = shlex.split(result.missing[0], comments=True)
    assert words[:2] == ["eco-collect", "suite"]
    choices = [words[place + 1] for place, word in enumerate(words) if word == "--select"]
    assert grid.select(grid.read_suite(words[2], cores_count=2).cases, choices)


def test_the_runs_named_for_quantization_hold_pairs() -> None:
    line = load_study("quantization")(_ONE, Settings()).missing[0]
    words = shlex.split(line)
    cases = grid.select(grid.read_suite(words[2], cores_count=2).cases, [words[4]])
    precisions = {replace(case, precision="").key: set() for case in cases}  # type: ignore[var-annotated]
    for case in cases:
        precisions[replace(case, precision="").key].add(case.precision)
    assert sum(len(found) > 1 for found in precisions.values()) > 10


def test_every_study_answers_or_says_what_is_missing_on_one_row() -> None:
    for name in STUDIES:
        result = load_study(name)(_ONE, Settings())
        assert result.findings or result.missing, name
