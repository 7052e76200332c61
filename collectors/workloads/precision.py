"""The proof that a loaded model runs in the precision that its label says."""

from dataclasses import dataclass

from collectors.workloads.loaded import Evidence


class PrecisionError(Exception):
    """A configuration did not take the precision that it was asked to."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a precision must look like: the types that hold most weights, compute types, kernel names.

    `share` is the least share of the weights' bytes in `stored`. Embeddings, norms and biases stay in the
    wider type in every framework's quantisation, so quantised precisions ask for less. An empty tuple asks nothing.
    """

    stored: tuple[str, ...]
    share: float
    computes: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()


_INT8_DYNAMIC = (
    "linear_dynamic",
    "DynamicQuantize",
    "MatMulInteger",
    "ConvInteger",
    "DynamicQuantizeLSTM",
    "QGemm",
)
_INT8_WEIGHTS = ("int8pack_mm", "MatMulNBits", "DequantizeLinear")
_INT8_STATIC = ("QLinearConv", "QLinearMatMul", "QGemm", "quantized_conv", "static_quantized")
_INT4_WEIGHTS = ("int4pack_mm", "MatMulNBits", "openvino_int4")
_NF4_WEIGHTS = ("bitsandbytes::dequantize_4bit", "bitsandbytes::gemv_4bit")

RULES: dict[str, Rule] = {
    "fp64": Rule(("float64",), 0.5, computes=("float64",)),
    "fp32": Rule(("float32",), 0.5, computes=("float32",)),
    "tf32": Rule(("float32",), 0.9, computes=("tf32",)),
    "fp16": Rule(("float16",), 0.9, computes=("float16",)),
    "bf16": Rule(("bfloat16",), 0.9, computes=("bfloat16",)),
    "fp8": Rule(("float8_e4m3fn",), 0.05, kernels=("scaled_mm",)),
    "int8-dynamic": Rule(("int8", "qint8", "uint8"), 0.05, kernels=_INT8_DYNAMIC),
    "int8-static": Rule(("int8", "qint8", "uint8"), 0.1, kernels=_INT8_STATIC),
    "int8-weight": Rule(("int8", "qint8", "uint8"), 0.05, kernels=_INT8_WEIGHTS),
    "int4-weight": Rule(("int4", "uint4", "int4-packed"), 0.03, kernels=_INT4_WEIGHTS),
    "nf4": Rule(("nf4-packed",), 0.03, kernels=_NF4_WEIGHTS),
}


def check(requested: str, evidence: Evidence, what: str) -> None:
    """Raise `PrecisionError` naming the case unless the evidence shows the requested precision."""
    rule = RULES.get(requested)
    if rule is None:
        raise PrecisionError(f"{what}: unknown precision {requested!r}; known: {', '.join(RULES)}")
    total = sum(evidence.bytes_by_dtype.values())
    held = sum(count for name, count in evidence.bytes_by_dtype.items() if name in rule.stored)
    if total == 0 or held < rule.share * total:
        found = f"only {held} of {total} weight bytes are {'/'.join(rule.stored)}"
        raise PrecisionError(f"{what}: asked for {requested}, but {found} ({evidence})")
    if rule.computes and not set(rule.computes) & set(evidence.computes):
        raise PrecisionError(
            f"{what}: asked for {requested}, but it computed in {evidence.computes} ({evidence})"
        )
    if rule.kernels and not any(name in kernel for kernel in evidence.kernels for name in rule.kernels):
        raise PrecisionError(f"{what}: asked for {requested}, but no such kernel was found ({evidence})")
