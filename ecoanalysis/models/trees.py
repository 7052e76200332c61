"""Forests, randomised or boosted: grown by scikit-learn, kept as numbers, walked with numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TREES = 80
_LEAF_ROWS = 3
_ROUNDS, _RATE = 250, 0.08


def grow(features: Floats, target: Floats, *, seed: int = 0) -> dict[str, Any]:
    """Return a forest (Geurts, Ernst & Wehenkel 2006, doi:10.1007/s10994-006-6226-1) as plain lists.

    Nodes of all trees lie in one list, `roots` says where each tree begins. `feature` is −1 at a leaf; `number` is a
    leaf's value, elsewhere the threshold up to which a row goes left, to the next node, beyond it to `right`.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(_TREES, min_samples_leaf=_LEAF_ROWS, max_features=0.5, random_state=seed)
    # float32 as scikit-learn splits in it; a threshold rounded up keeps every training row on its side
    forest.fit(features.astype(np.float32), target)
    return _plain([member.tree_ for member in forest.estimators_], 1.0, 0.0)


def boost(features: Floats, target: Floats, *, seed: int = 0) -> dict[str, Any]:
    """Return a boosted forest (Friedman 2001, doi:10.1214/aos/1013203451) as the same plain lists.

    For targets that no physics flattens: boosting follows sharp interactions that averages of random trees blur.
    """
    from sklearn.ensemble import GradientBoostingRegressor

    forest = GradientBoostingRegressor(
        n_estimators=_ROUNDS, max_depth=4, learning_rate=_RATE, subsample=0.7, random_state=seed
    )
    forest.fit(features.astype(np.float32), target)
    # the walk takes the mean of trees: a sum is the mean of trees _ROUNDS times as tall
    return _plain(
        [member.tree_ for member in forest.estimators_[:, 0]], _RATE * _ROUNDS, float(target.mean())
    )


def _plain(members: list[Any], scale: float, offset: float) -> dict[str, Any]:
    """Return scikit-learn's trees as lists, their leaves times `scale` plus `offset`."""
    nodes: dict[str, list[Any]] = {"roots": [], "feature": [], "number": [], "right": []}
    for tree in members:
        base = len(nodes["feature"])
        is_leaf = tree.children_left < 0
        values = tree.value[:, 0, 0] * scale + offset
        nodes["roots"].append(base)
        nodes["feature"] += np.where(is_leaf, -1, tree.feature).tolist()
        nodes["number"] += np.round(np.where(is_leaf, values, tree.threshold), 5).tolist()
        nodes["right"] += np.where(is_leaf, 0, tree.children_right + base).tolist()
    return nodes


def walk(nodes: dict[str, Any], features: Floats) -> Floats:
    """Return the mean of the trees' leaves, one per row of `features` (rows × columns)."""
    feature, number = np.asarray(nodes["feature"]), np.asarray(nodes["number"], float)
    right = np.asarray(nodes["right"])
    rows = np.arange(len(features))[:, None]
    at = np.tile(np.asarray(nodes["roots"]), (len(features), 1))
    while True:
        split = feature[at]
        inner = split >= 0
        if not inner.any():
            break
        goes_left = features[rows, np.maximum(split, 0)] <= number[at]
        at = np.where(inner, np.where(goes_left, at + 1, right[at]), at)
    found: Floats = number[at].mean(axis=1)
    return found
