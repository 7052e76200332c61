"""Known truth: the answer is right, and the truth inside its interval."""

import pytest

from tests.ecoanalysis.energy.known_truth import Case, answer, cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_energy_is_the_truth_and_inside_its_interval(case: Case) -> None:
    low_j, energy_j, high_j = answer(case)
    assert low_j <= case.truth_j <= high_j
    if "lost" not in case.name:  # then it is estimated, and only the interval is claimed
        assert energy_j == pytest.approx(case.truth_j, rel=1e-6)
