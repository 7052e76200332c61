"""Exported models in OpenVINO on the processor."""

from pathlib import Path
from typing import Any

import openvino

from collectors.workloads.case import Case
from collectors.workloads.exported_model import loaded
from collectors.workloads.loaded import Evidence, Loaded
from collectors.workloads.onnx_export import exported

_NAMES = {
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "i8": "int8",
    "u8": "uint8",
    "i64": "int64",
    "i32": "int32",
    "i4": "int4",
    "u4": "uint4",
}
_QUANTISED = {
    "i8": "static_quantized",
    "u8": "static_quantized",
    "i4": "openvino_int4",
    "u4": "openvino_int4",
}
_WORKERS = ("Convolution", "FullyConnected", "MatMul", "GroupConvolution")


def load(case: Case, cache: Path) -> Loaded:
    """Return a compiled model; the precision hint keeps float32 from being narrowed behind our back."""
    path = exported(case, cache)
    settings = {"INFERENCE_NUM_THREADS": case.threads, "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1}
    model = openvino.Core().read_model(str(path))
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()

    def infer(rows: Any) -> Any:
        return request.infer({0: rows})[0]

    return loaded(case, cache, infer, lambda: _evidence(model, compiled), openvino.__version__)


def _evidence(model: Any, compiled: Any) -> Evidence:
    """Read the executed graph: the type in which each convolution and matrix product runs."""
    sizes: dict[str, int] = {}
    for operation in model.get_ops():
        if operation.get_type_name() == "Constant":
            kind = operation.get_element_type()
            name = _NAMES.get(kind.get_type_name(), kind.get_type_name())
            sizes[name] = sizes.get(name, 0) + int(operation.get_byte_size())
    kernels, computes = set(), set()
    for operation in compiled.get_runtime_model().get_ops():
        facts = operation.get_rt_info()
        kind, precision = facts["layerType"].astype(str), facts["runtimePrecision"].astype(str)
        if kind in _WORKERS:
            computes.add(_NAMES.get(precision, precision))
            kernels.add(f"{kind}:{precision}")
            if precision in _QUANTISED:
                kernels.add(f"{_QUANTISED[precision]}:{kind}")
    return Evidence(sizes, tuple(sorted(computes)), tuple(sorted(kernels)))
