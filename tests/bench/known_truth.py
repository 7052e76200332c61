"""Energies of scripted machines against their truth."""

from tests.ecoanalysis.energy.known_truth import answer, cases


def run() -> list[str]:
    """Return one line per machine: truth, answer, error, interval."""
    lines = []
    for case in cases():
        low_j, energy_j, high_j = answer(case)
        error = energy_j / case.truth_j - 1
        lines.append(
            f"{case.name:42s} {case.truth_j:8.0f} J  {energy_j:9.1f} J  {error:+8.2%}  [{low_j:.0f}, {high_j:.0f}]"
        )
    return lines
