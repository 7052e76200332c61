"""From fake sensors to the measurement table: the energy is the known one in every case."""

import pytest

from tests.bench.truth import CASES, Case, ours


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_whole_way_gives_the_known_energy(case: Case) -> None:
    energy_j = ours(case)
    if case.truth_j is None:
        assert energy_j is None
    else:
        assert energy_j == pytest.approx(case.truth_j, rel=0.01)
