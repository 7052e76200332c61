"""What an exported model has in common, whichever engine runs it: its counts and its quality."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from collectors.workloads.case import Case, Facts
from collectors.workloads.loaded import Evidence, Loaded, Quality, Stage
from collectors.workloads.onnx_export import inputs, source
from collectors.workloads.torch_count import RULE, active_params_count, flops, params_count, recurrent_flops
from collectors.workloads.torch_models import TRAINED
from collectors.workloads.torch_tasks import score, task

Infer = Callable[[Any], Any]  # a batch as an array, to the answer as an array


def loaded(case: Case, cache: Path, infer: Infer, prove: Callable[[], Evidence], version: str) -> Loaded:
    """Return an engine's model, ready to run; `prove` looks at what the engine really executes."""
    rows = inputs(case, case.batch_size, cache).numpy()

    def step() -> int:
        if case.variant == "row_loop":
            for number in range(case.batch_size):
                infer(rows[number : number + 1])
        else:
            infer(rows)
        return case.batch_size

    def quality() -> Quality:
        what = task(case.model)
        value = score(lambda batch: torch.from_numpy(infer(batch.numpy())), what, case.batch_size)
        return Quality(value, what.metric)

    return Loaded(
        (Stage("infer", step),),
        lambda: (_facts(case, cache, proof := prove(), version), proof),
        quality if case.model in TRAINED else None,
    )


def _facts(case: Case, cache: Path, proof: Evidence, version: str) -> Facts:
    original, origin = source(case, cache)
    one = inputs(case, 1, cache)
    params, active = params_count(original), active_params_count(original)
    held = sum(proof.bytes_by_dtype.values())
    return Facts(
        params_count=params,
        active_params_count=active,
        weight_bytes=held,
        active_weight_bytes=round(held * active / params),
        flops_per_item=flops(lambda: original(one)) + recurrent_flops(original, one.shape[-1]),
        item_bytes=float(one.numel() * one.element_size()),
        input_shape="x".join(str(side) for side in one.shape[1:]),
        item_unit="image" if case.modality == "vision" else "inference",
        source=f"{RULE}, before export to ONNX",
        framework_version=version,
        weights=origin,
    )
