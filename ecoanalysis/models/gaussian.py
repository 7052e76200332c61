"""A Gaussian process with a Matérn-3/2 kernel, as plain numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LEARN_ROWS = 250  # rows on which the three hyperparameters are learnt
_KEEP_ROWS = 1200
_START = (0.2, 4.0, 0.08)  # signal sd, length in standard deviations of the features, noise sd


def condition(
    features: Floats, target: Floats, *, scales: tuple[float, float, float] | None = None, seed: int = 0
) -> dict[str, Any]:
    """Return a process conditioned on rows of features, its hyperparameters by marginal likelihood.

    Rasmussen & Williams 2006, algorithm 2.1. Features are standardised; one length for all keeps few rows enough.
    `scales` are signal sd, length and noise sd where they are known already.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread < 1e-3, 1.0, spread)
    order = np.random.default_rng(seed).permutation(len(features))
    known = (features - mean) / spread
    learnt = order[:_LEARN_ROWS]
    signal, length, noise = scales or _learn(known[learnt], target[learnt])
    kept = np.sort(order[:_KEEP_ROWS])
    kernel = signal**2 * _matern(_distances(known[kept], known[kept]) / length)
    kernel[np.diag_indices_from(kernel)] += noise**2
    weights = np.linalg.solve(kernel, target[kept])
    return {
        "mean": mean.round(5).tolist(),
        "spread": spread.round(5).tolist(),
        "signal": round(signal, 5),
        "length": round(length, 5),
        "noise": round(noise, 5),
        "points": known[kept].round(4).tolist(),
        "weights": weights.round(5).tolist(),
    }


def expect(process: dict[str, Any], features: Floats) -> Floats:
    """Return the process's mean, one per row of features; far from all points it is 0."""
    known = (features - np.asarray(process["mean"])) / np.asarray(process["spread"])
    kernel = _matern(_distances(known, np.asarray(process["points"])) / process["length"])
    result: Floats = process["signal"] ** 2 * kernel @ np.asarray(process["weights"])
    return result


def nearest(process: dict[str, Any], features: Floats, count: int = 3) -> tuple[NDArray[np.int64], Floats]:
    """Return positions of, and distances to, the nearest points [standard deviations], both rows × count."""
    known = (features - np.asarray(process["mean"])) / np.asarray(process["spread"])
    distances = _distances(known, np.asarray(process["points"]))
    at = np.argsort(distances, axis=1)[:, :count]
    return at, np.take_along_axis(distances, at, axis=1)


def _learn(known: Floats, target: Floats) -> tuple[float, float, float]:
    """Return signal sd, length and noise sd that maximise the marginal likelihood within sane bounds."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize

    distances = _distances(known, known)

    def cost(logs: Floats) -> float:
        signal, length, noise = np.exp(logs)
        kernel = signal**2 * _matern(distances / length)
        kernel[np.diag_indices_from(kernel)] += noise**2
        factor = cho_factor(kernel, lower=True)
        fit = 0.5 * target @ cho_solve(factor, target)
        return float(fit + np.log(np.diag(factor[0])).sum() + 0.1 * ((logs - np.log(_START)) ** 2).sum())

    bounds = [(np.log(0.02), np.log(2.0)), (np.log(0.5), np.log(30.0)), (np.log(0.01), np.log(0.5))]
    found = minimize(cost, np.log(_START), method="Nelder-Mead", bounds=bounds, options={"maxfev": 60})
    signal, length, noise = np.exp(found.x)
    return float(signal), float(length), float(noise)


def _distances(left: Floats, right: Floats) -> Floats:
    """Return Euclidean distances between rows (left × right)."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    found: Floats = np.sqrt(np.maximum(squares, 0.0))
    return found


def _matern(scaled: Floats) -> Floats:
    """Return the Matérn-3/2 correlation of distances over the length."""
    root = np.sqrt(3.0) * scaled
    result: Floats = (1 + root) * np.exp(-root)
    return result
