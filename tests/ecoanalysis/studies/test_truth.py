"""The studies' intervals hold the truth of simulated databases; `make bench ARGS=studies_truth` runs 500 of each."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.ecoanalysis.studies.truth import COVERAGE, NULLS, Rng

_SLOW = {
    "quantization: all places",
    "quantization: crossover",
}  # in the bench; the mixed model in test_crossed


@pytest.mark.parametrize("name", sorted(set(COVERAGE) - _SLOW))
def test_intervals_hold_the_truth_on_messy_databases(name: str) -> None:
    simulate, level = COVERAGE[name]
    rng = np.random.default_rng(1)
    hits = [hit for _ in range(20) for hit in simulate(rng)]
    assert len(hits) >= 20
    assert sum(hits) >= (0.75 if level == 0.90 else 0.85) * len(
        hits
    )  # 3 sd below; strangers that enter give 0


@pytest.mark.parametrize("is_false", NULLS.values(), ids=list(NULLS))
def test_false_discoveries_are_rare_where_nothing_differs(is_false: Callable[[Rng], bool]) -> None:
    rng = np.random.default_rng(2)
    assert sum(is_false(rng) for _ in range(12)) <= 2  # 12 families at 5 %: 3 or more in 2 %
