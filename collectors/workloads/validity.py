"""Which cases can run at all: a reason to skip, or None."""

from collections.abc import Callable

from collectors.workloads.case import Case
from collectors.workloads.catalogue import catalogue
from collectors.workloads.variants import offered

_TORCH_CPU = ("fp64", "fp32", "fp16", "bf16", "fp8", "int8-dynamic", "int8-weight", "int4-weight", "nf4")
_TORCH_CUDA = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8-weight", "int4-weight", "nf4")

# What a framework offers on a device. What is missing here has its reason below.
SUPPORT: dict[tuple[str, str], tuple[str, ...]] = {
    ("sklearn", "cpu"): ("fp64", "fp32"),
    ("xgboost", "cpu"): ("fp32",),
    ("pytorch", "cpu"): _TORCH_CPU,
    ("transformers", "cpu"): _TORCH_CPU,
    ("pytorch", "cuda"): _TORCH_CUDA,
    ("transformers", "cuda"): _TORCH_CUDA,
    ("onnxruntime", "cpu"): ("fp32", "int8-dynamic", "int8-static", "int4-weight"),
    ("openvino", "cpu"): ("fp32", "int8-static", "int4-weight"),
}
_REASONS: dict[tuple[str, str, str], str] = {
    (
        "sklearn",
        "cpu",
        "*",
    ): "scikit-learn computes in float64, or float32 where an estimator keeps it; nothing else",
    ("xgboost", "cpu", "*"): "XGBoost stores and compares float32 only",
    ("pytorch", "cpu", "tf32"): "tf32 is a mode of NVIDIA tensor cores",
    ("transformers", "cpu", "tf32"): "tf32 is a mode of NVIDIA tensor cores",
    (
        "onnxruntime",
        "cpu",
        "fp16",
    ): "ONNX Runtime's CPU kernels cast float16 to float32: it would be mislabelled",
    ("onnxruntime", "cpu", "bf16"): "ONNX Runtime has no bfloat16 kernels on the CPU",
    (
        "openvino",
        "cpu",
        "fp16",
    ): "OpenVINO's CPU plug-in computes float16 weights in float32: it would be mislabelled",
}


def refusal(case: Case) -> str | None:
    """Return why a case cannot run, or None; the first rule that applies speaks."""
    for rule in RULES:
        reason = rule(case)
        if reason:
            return reason
    return None


def _framework(case: Case) -> str | None:
    if case.framework not in catalogue()[case.model].frameworks:
        return f"{case.model} is not built in {case.framework}"
    return None


def _device(case: Case) -> str | None:
    if (case.framework, case.device) not in SUPPORT:
        return f"{case.framework} has no path to {case.device} here"
    return None


def _precision(case: Case) -> str | None:
    offered = SUPPORT[case.framework, case.device]
    if case.precision in offered:
        return None
    default = f"{case.framework} has no {case.precision} on {case.device}; it has {', '.join(offered)}"
    place = (case.framework, case.device)
    return _REASONS.get((*place, case.precision), _REASONS.get((*place, "*"), default))


def _model(case: Case) -> str | None:
    allowed = catalogue()[case.model].precisions.get(case.framework)
    if allowed is not None and case.precision not in allowed:
        return f"{case.model} in {case.framework} has no {case.precision}; it has {', '.join(allowed)}"
    return None


def _data(case: Case) -> str | None:
    if case.dataset not in catalogue()[case.model].datasets:
        return f"{case.model} does not answer {case.dataset or 'no data set'}"
    return None


def _variant(case: Case) -> str | None:
    known = offered(case.framework, case.task, case.modality)
    if case.variant not in known:
        return f"{case.framework} has no variant {case.variant} for {case.task}"
    if case.variant == "upcast" and case.precision not in ("fp16", "bf16"):
        return "upcast widens 16-bit weights; there are none"
    if case.variant == "padded" and case.modality != "text":
        return "only texts are padded"
    if case.variant in ("row_loop", "pandas_rows") and case.batch_size == 1:
        return "a loop over a batch of one is no loop"
    if case.variant == "calibrated" and (case.task != "tabular-classification" or case.precision != "fp64"):
        return "calibration is for float64 classifiers"
    return None


def _size(case: Case) -> str | None:
    entry = catalogue()[case.model]
    if case.dataset and case.size not in entry.sizes:
        return f"{case.model} answers {case.dataset} at size {entry.sizes[0]} only"
    return None


RULES: tuple[Callable[[Case], str | None], ...] = (
    _framework,
    _device,
    _precision,
    _model,
    _data,
    _size,
    _variant,
)
