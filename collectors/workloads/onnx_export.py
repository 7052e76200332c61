"""Torch models as ONNX files: exported once, quantised once, with the batch left open."""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from collectors.workloads import hf_build, torch_models
from collectors.workloads.case import Case
from collectors.workloads.hf_encode import inputs as hf_inputs
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_nets import NETS

INT4_GROUP = 32
_CALIBRATION_BATCHES = 4


def source(case: Case, cache: Path) -> tuple[nn.Module, str]:
    """Return the float32 torch model of a case and where its weights come from."""
    if case.model in NETS:
        trained = case.model in torch_models.TRAINED
        return torch_models.base(case.model, cache), "trained" if trained else f"seeded random ({SEED})"
    return hf_build.base(case.model)


def inputs(case: Case, batch_size: int, cache: Path) -> torch.Tensor:
    """Return one batch for a model."""
    if case.model in NETS:
        return torch_models.inputs(case.model, batch_size, case.size)
    (rows,) = hf_inputs(source(case, cache)[0], case, batch_size).values()
    return rows


def exported(case: Case, cache: Path) -> Path:
    """Return the ONNX file of a case in its precision, from the cache folder when it is there."""
    plain = cache / f"{case.model}-{case.size}.onnx"
    if not plain.exists():
        _export(source(case, cache)[0], inputs(case, 2, cache), plain)
    if case.precision == "fp32":
        return plain
    path = cache / f"{case.model}-{case.size}-{case.precision}.onnx"
    if not path.exists():
        logging.disable(logging.WARNING)  # advice on preprocessing, through the root logger
        {"int8-dynamic": _dynamic, "int8-static": _static, "int4-weight": _int4}[case.precision](
            case, cache, plain, path
        )
        logging.disable(logging.NOTSET)
    return path


class _Last(nn.Module):  # type: ignore[misc]
    """The first output of a transformers model as a tensor, so that the file has one output."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        out = self.model(rows)
        return out if isinstance(out, torch.Tensor) else out[0]


def _export(model: nn.Module, rows: torch.Tensor, path: Path) -> None:
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch
        torch.onnx.export(
            _Last(model), (rows,), str(path), input_names=["input"], output_names=["output"],
            dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


def _dynamic(case: Case, cache: Path, plain: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(plain), str(path), weight_type=QuantType.QInt8)


def _static(case: Case, cache: Path, plain: Path, path: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rows: Iterator[Any] = iter(inputs(case, _CALIBRATION_BATCHES * 4, cache).numpy().reshape(
                _CALIBRATION_BATCHES, 4, *inputs(case, 1, cache).shape[1:]
            ))  # fmt: skip

        def get_next(self) -> dict[str, Any] | None:
            rows = next(self.rows, None)
            return None if rows is None else {"input": rows}

    quantize_static(
        str(plain), str(path), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, extra_options={"WeightSymmetric": True},
    )  # fmt: skip


def _int4(case: Case, cache: Path, plain: Path, path: Path) -> None:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    model = onnx.load(str(plain))
    _split_gemm(model)
    quantizer = MatMulNBitsQuantizer(model, block_size=INT4_GROUP, is_symmetric=True)
    quantizer.process()
    quantizer.model.save_model_to_file(str(path))


def _split_gemm(model: Any) -> None:
    """Turn Gemm(x, W', b) into MatMul and Add, the form in which weights can be quantised to 4 bits."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        transposed = any(part.name == "transB" and part.i for part in node.attribute)
        if node.op_type != "Gemm" or not transposed or node.input[1] not in weights:
            nodes.append(node)
            continue
        kept = weights[node.input[1]]
        name = f"{kept.name}_matmul"
        array = np.ascontiguousarray(numpy_helper.to_array(kept).T)
        model.graph.initializer.remove(kept)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
        nodes.append(onnx.helper.make_node("MatMul", [node.input[0], name], [f"{name}_out"], f"{name}_node"))
        nodes.append(onnx.helper.make_node("Add", [f"{name}_out", node.input[2]], list(node.output)))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
