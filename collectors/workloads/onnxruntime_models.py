"""Exported models in ONNX Runtime on the processor."""

from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from onnx import numpy_helper

from collectors.workloads.case import Case
from collectors.workloads.exported_model import loaded
from collectors.workloads.loaded import Evidence, Loaded
from collectors.workloads.onnx_export import exported
from collectors.workloads.variants import compute_threads

_QUIET = 3  # errors only


def load(case: Case, cache: Path) -> Loaded:
    """Return an ONNX Runtime session in the case's precision and threads."""
    path = exported(case, cache)
    session = _session(case, path)

    def infer(rows: Any) -> Any:
        user = _session(case, path) if case.variant == "reload" else session
        return user.run(None, {"input": rows})[0]

    return loaded(case, cache, infer, lambda: _evidence(case, cache, path), onnxruntime.__version__)


def _session(case: Case, path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), _options(case), providers=["CPUExecutionProvider"])


def _options(case: Case) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute_threads(case.variant, case.threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    if case.variant == "unoptimised":
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _evidence(case: Case, cache: Path, path: Path) -> Evidence:
    """Read the graph that the session executes, after its optimiser: stored types and node kinds."""
    options, optimised = _options(case), cache / f"optimised-{path.name}"
    options.optimized_model_filepath = str(optimised)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    model = onnx.load(str(optimised))
    optimised.unlink()
    packed = {
        name
        for node in model.graph.node
        if node.op_type == "MatMulNBits" and _bits(node) == 4
        for name in node.input[1:2]
    }
    sizes: dict[str, int] = {}
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        kind = "int4-packed" if tensor.name in packed else str(array.dtype)
        sizes[kind] = sizes.get(kind, 0) + int(array.nbytes)
    kinds = tuple(sorted({node.op_type for node in model.graph.node}))
    computes = tuple(
        sorted({out.type.removeprefix("tensor(").removesuffix(")") for out in session.get_outputs()})
    )
    return Evidence(sizes, tuple("float32" if kind == "float" else kind for kind in computes), kinds)


def _bits(node: Any) -> int:
    return next((int(part.i) for part in node.attribute if part.name == "bits"), 4)
