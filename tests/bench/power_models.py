"""Power from utilisation on machines that the fit has not seen, beside the usual constants, with the CPU time taken."""

import time
from pathlib import Path

from ecoanalysis.models.power_check import check_cpu, check_gpu

_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def run() -> list[str]:
    """Return one line per trial: median error, aim, coverage and width of the interval."""
    if not _DATA.is_dir():
        return [f"published data sets are not at {_DATA}"]
    began = time.process_time()
    trials = check_cpu(_DATA) + check_gpu(_DATA)
    took = time.process_time() - began
    lines = []
    for trial in trials:
        aim = f"aim {trial.bar_pct:g} %" if trial.bar_pct else "baseline"
        covered = ""
        if trial.coverage_ratio is not None:
            covered = f"  95 % interval covers {trial.coverage_ratio:.1%} at ×/÷ {trial.width_ratio:.2f}"
        lines.append(
            f"{trial.data}, {trial.split}: {trial.estimator}: {trial.mdape_pct:.1f} % ({aim}){covered}"
        )
    return [*lines, f"{took:.1f} s CPU for all of it"]
