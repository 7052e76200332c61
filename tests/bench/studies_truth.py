"""Coverage of the studies' intervals and their false discoveries on 500 simulated databases each."""

from collections.abc import Iterator

import numpy as np

from tests.ecoanalysis.studies.truth import COVERAGE, NULLS

SIMULATIONS = 500


def run(simulations: int = SIMULATIONS, seed: int = 1) -> Iterator[str]:
    """Yield one line per interval and per family of claims; two standard errors are ± 2 points at 500."""
    for name, (simulate, level) in COVERAGE.items():
        rng = np.random.default_rng(seed)
        hits = [hit for _ in range(simulations) for hit in simulate(rng)]
        share = sum(hits) / len(hits)
        good = level - 0.02 <= share <= level + 0.02
        yield f"{name:32} {share:6.1%} of {len(hits)} hold the truth (nominal {level:.0%}){'' if good else '  OUT'}"
    for name, is_false in NULLS.items():
        rng = np.random.default_rng(seed)
        share = sum(is_false(rng) for _ in range(simulations)) / simulations
        yield f"{name:32} {share:6.1%} of {simulations} families with a false discovery (at most 5 %)"
