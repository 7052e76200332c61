# ruff: noqa: E402
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip(
    "torch", reason="torch is in the extra [workloads]: pip install 'ecoanalysis[workloads]'"
)

from torch import nn

from collectors.workloads.case import Case
from collectors.workloads.child import survey
from collectors.workloads.precision import PrecisionError, check
from collectors.workloads.torch_count import active_params_count, flops, params_count
from collectors.workloads.torch_nets import mobilenet_v1, resnet
from collectors.workloads.torch_precision import convert, evidence
from collectors.workloads.variants import torch_answer

PRECISIONS = ("fp64", "fp32", "fp16", "bf16", "fp8", "int8-dynamic", "int8-weight", "int4-weight", "nf4")
CASE = Case("tabular-classification", "tabular", "mlp", "torch_mlp", "pytorch", "fp32", 4, "digits")


class TwoLayers(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))

    def forward(self, rows: object) -> object:
        return self.body(rows)


def _rows(model: nn.Module) -> object:
    found = next((tensor.dtype for tensor in model.parameters() if tensor.is_floating_point()), torch.float32)
    return torch.randn(4, 64, generator=torch.Generator().manual_seed(0)).to(found)


def test_published_networks_have_their_published_parameters() -> None:
    # torchvision's model pages: 11,689,512 and 25,557,032; MobileNet 1.0: 4.2 million
    assert params_count(resnet(18)) == 11_689_512
    assert params_count(resnet(50)) == 25_557_032
    assert params_count(mobilenet_v1()) == 4_231_976


def test_a_linear_layer_does_two_operations_per_weight_and_a_lookup_table_none() -> None:
    layer = nn.Linear(10, 5)
    assert flops(lambda: layer(torch.zeros(1, 10))) == 2 * 10 * 5
    model = nn.Sequential(nn.Embedding(100, 10), layer)
    assert params_count(model) == 100 * 10 + 10 * 5 + 5
    assert active_params_count(model) == 10 * 5 + 5


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_is_taken_and_answers_like_float32(precision: str) -> None:
    torch.manual_seed(0)
    model = TwoLayers().eval()
    converted = convert(model, precision)
    check(precision, evidence(converted, lambda one: one(_rows(one))), "two layers")
    with torch.inference_mode():
        exact, given = model(_rows(model)), converted(_rows(converted)).float()
    assert float((exact - given).abs().max()) < 0.25 * float(exact.abs().max())


@pytest.mark.parametrize("precision", [name for name in PRECISIONS if name != "fp32"])
def test_a_model_that_stays_float32_fails_whatever_its_label(precision: str) -> None:
    model = TwoLayers().eval()
    with pytest.raises(PrecisionError, match=f"asked for {precision}"):
        check(precision, evidence(model, lambda one: one(_rows(one))), "two layers")


def test_normal_floats_are_the_sixteen_of_the_paper() -> None:
    # Dettmers et al. 2023, appendix E: the scale is the block's largest weight, and these two levels are exact
    bitsandbytes = pytest.importorskip("bitsandbytes", reason="bitsandbytes is in the extra [workloads]")
    linear = nn.Linear(64, 16, bias=False)
    with torch.no_grad():
        linear.weight.fill_(0.5 * 0.7229568362236023)
        linear.weight[:, 0] = 0.5
    (layer,) = convert(nn.Sequential(linear).eval(), "nf4").children()
    wide = bitsandbytes.functional.dequantize_4bit(layer.weight_nf4, layer.state)
    assert layer.weight_nf4.numel() == 64 * 16 // 2
    assert torch.allclose(wide, linear.weight, atol=1e-6)


def test_layers_that_cannot_be_quantised_leave_a_request_that_fails_by_name() -> None:
    odd = nn.Sequential(nn.Linear(64, 30)).eval()  # 30 is not a multiple of 16
    converted = convert(odd, "int8-weight")
    with pytest.raises(PrecisionError, match="0 of"):
        check("int8-weight", evidence(converted, lambda one: one(_rows(one))), "odd")


def test_quantised_weights_take_the_bytes_that_they_should() -> None:
    proof = evidence(convert(TwoLayers().eval(), "int4-weight"), lambda one: one(_rows(one)))
    assert proof.bytes_by_dtype["int4-packed"] == (64 * 128 + 128 * 32) // 2


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tmp_path_factory.mktemp("trained")  # the network is trained once, by the first who loads it


@pytest.mark.parametrize("variant", ["sound", "row_loop", "reload", "grad_mode"])
def test_variants_answer_the_same_batch_and_are_scored_alike(variant: str, trained: Path) -> None:
    from collectors.workloads.torch_models import load

    case = replace(CASE, variant=variant)
    assert load(case, trained).stages[0].step() == 4
    if variant == "sound":
        found = survey(case, trained)
        assert found.quality is not None
        assert found.quality.value > 0.9
        assert found.facts.params_count == 64 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10


def test_upcasting_widens_weights_and_leaves_tokens_whole() -> None:
    words = nn.Embedding(4, 2).to(torch.bfloat16)
    answer = torch_answer("upcast", words, lambda: words)(torch.tensor([1, 3]))
    assert answer.dtype == torch.float32
    assert words.weight.dtype == torch.bfloat16
