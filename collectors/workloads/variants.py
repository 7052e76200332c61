"""Ways to implement the same request: the sound one, and faults that people make, each paired by all else being equal.

A request is one batch. Every variant answers the same rows of the same model in the configuration's precision;
only how it goes about it differs, so the energy of a variant over that of its sound twin is what the fault costs.
"""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARIANTS: dict[str, str] = {
    "sound": "the batch at once, the model kept in memory, threads as configured",
    "row_loop": "the rows of the batch one by one in a Python loop",
    "pandas_rows": "the rows of a pandas frame one by one, each as a frame of its own",
    "calibrated": "probability calibration over five folds that nobody asked for: five models answer",
    "reload": "the model loaded from its file again for every request",
    "oversubscribed": "eight times as many threads as the configuration's cores",
    "grad_mode": "gradients tracked although nothing is trained",
    "upcast": "weights stored in 16 bits, widened to float32 again for every request",
    "padded": "texts padded to four times their length",
    "no_cache": "every token decoded without a key-value cache",
    "compiled": "the graph compiled before use (the reference runs it eagerly)",
    "unoptimised": "graph optimisation switched off",
}

# Which variants a framework can be asked for; `upcast` needs weights in 16 bits.
OFFERED: dict[tuple[str, str], tuple[str, ...]] = {
    ("sklearn", "tabular"): ("sound", "row_loop", "pandas_rows", "calibrated", "reload", "oversubscribed"),
    ("xgboost", "tabular"): ("sound", "row_loop", "reload", "oversubscribed"),
    ("pytorch", "*"): ("sound", "row_loop", "reload", "oversubscribed", "grad_mode", "upcast", "compiled"),
    ("transformers", "text-generation"): ("sound", "no_cache", "oversubscribed"),
    ("transformers", "speech-recognition"): ("sound", "oversubscribed"),
    ("transformers", "*"): ("sound", "row_loop", "oversubscribed", "upcast", "padded", "compiled"),
    ("onnxruntime", "*"): ("sound", "row_loop", "reload", "oversubscribed", "unoptimised"),
    ("openvino", "*"): ("sound", "row_loop"),
}
OVERSUBSCRIPTION = 8
PADDING = 4


def offered(framework: str, task: str, modality: str) -> tuple[str, ...]:
    """Return the variants of a framework for a task."""
    for place in ((framework, task), (framework, modality), (framework, "*")):
        if place in OFFERED:
            return OFFERED[place]
    return ("sound",)


def compute_threads(variant: str, threads: int) -> int:
    """Return the threads that a variant really uses."""
    return OVERSUBSCRIPTION * threads if variant == "oversubscribed" else threads


def sklearn_answer(variant: str, model: Any, path: Path) -> Callable[[Any], Any]:
    """Return how a scikit-learn variant answers a batch of rows [n, d]."""
    if variant == "row_loop":
        return lambda rows: [model.predict(row[None])[0] for row in rows]
    if variant == "pandas_rows":
        return lambda rows: _by_pandas(model, rows)
    if variant == "reload":
        return lambda rows: pickle.loads(path.read_bytes()).predict(rows)
    answer: Callable[[Any], Any] = model.predict
    return answer


def torch_answer(variant: str, model: Any, reload: Callable[[], Any]) -> Callable[[Any], Any]:
    """Return how a torch variant answers a batch; `reload` loads the model again."""
    import torch

    if variant == "compiled":
        return _without_gradients(torch.compile(model))
    if variant == "grad_mode":
        return lambda rows: model(rows)
    if variant == "row_loop":
        one = _without_gradients(model)
        return lambda rows: torch.cat([one(rows[i : i + 1]) for i in range(len(rows))])
    if variant == "reload":
        return lambda rows: _without_gradients(reload())(rows)
    if variant == "upcast":
        return lambda rows: _without_gradients(copy.deepcopy(model).float())(_widened(rows))
    return _without_gradients(model)


def _widened(rows: Any) -> Any:
    """Return a batch in float32; places in a vocabulary stay whole numbers."""
    return rows.float() if rows.is_floating_point() else rows


def _without_gradients(model: Any) -> Callable[[Any], Any]:
    import torch

    def answer(rows: Any) -> Any:
        with torch.inference_mode():
            return model(rows)

    return answer


def _by_pandas(model: Any, rows: Any) -> list[Any]:
    import pandas as pd

    frame = pd.DataFrame(rows)
    return [model.predict(row.to_frame().T.to_numpy())[0] for _, row in frame.iterrows()]
