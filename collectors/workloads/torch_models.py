"""Networks in plain torch: trained on a task with known answers, or published architectures with seeded weights."""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from collectors.workloads.case import Case, Facts
from collectors.workloads.loaded import Evidence, Loaded, Quality, Stage
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_count import RULE, active_params_count, flops, params_count, recurrent_flops
from collectors.workloads.torch_nets import NETS
from collectors.workloads.torch_precision import FLOATS, convert, evidence
from collectors.workloads.torch_tasks import learn, score, task
from collectors.workloads.variants import torch_answer

TRAINED = ("torch_mlp", "digits_cnn", "tone_cnn", "tone_net", "shape_unet", "keyword_lstm", "char_lm")
_UNITS = {"vision": "image"}


def load(case: Case, cache_folder: Path) -> Loaded:
    """Return a network in the case's precision: a copy of the one in memory, converted."""
    model = convert(base(case.model, cache_folder), case.precision, case.device)
    rows = inputs(case.model, case.batch_size, case.size)
    given = cast(rows, case)
    reply = torch_answer(
        case.variant, model, lambda: convert(base(case.model, cache_folder), case.precision, case.device)
    )

    def step() -> int:
        reply(given)
        return case.batch_size

    def answer(batch: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            out: torch.Tensor = model(cast(batch, case))
            return out.float().cpu()

    def quality() -> Quality:
        what = task(case.model)
        return Quality(score(answer, what, case.batch_size), what.metric)

    known = quality if case.model in TRAINED else None
    return Loaded(
        (Stage("infer", step),),
        lambda: inspect(case, model, rows, cache_folder),
        known,
        synchronizer(case.device),
    )


@cache
def base(name: str, cache_folder: Path) -> nn.Module:
    """Return the float32 network: trained once per cache folder, or with weights from the seed."""
    torch.manual_seed(SEED)
    net: nn.Module = NETS[name]()
    if name not in TRAINED:
        return net.eval()
    path = cache_folder / f"torch-{name}-{SEED}.pt"
    if path.exists():
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    learn(net, task(name))
    torch.save(net.state_dict(), path)
    return net


def inputs(name: str, batch_size: int, size: int) -> torch.Tensor:
    """Return one batch: held-out rows of the task, or seeded noise images [n, 3, size, size]."""
    if name in TRAINED:
        rows = task(name).test_x
        return rows[torch.arange(batch_size) % len(rows)]
    generator = torch.Generator().manual_seed(SEED)
    return torch.randn(batch_size, 3, size, size, generator=generator)


def cast(rows: torch.Tensor, case: Case) -> torch.Tensor:
    """Return a batch on the case's device, in its floating-point type; token ids stay whole numbers."""
    if not rows.is_floating_point():
        return rows.to(case.device)
    quantised_on_gpu = torch.bfloat16 if case.device != "cpu" else torch.float32
    return rows.to(device=case.device, dtype=FLOATS.get(case.precision, quantised_on_gpu))


def synchronizer(device: str) -> Any:
    """Return a function that waits for the device."""
    return torch.cuda.synchronize if device != "cpu" else lambda: None


def inspect(case: Case, model: nn.Module, rows: torch.Tensor, cache_folder: Path) -> tuple[Facts, Evidence]:
    """Return the counts of the float32 network and the evidence of the converted one."""
    proof = evidence(model, lambda converted: converted(cast(rows, case)))
    original = base(case.model, cache_folder)
    params, active = params_count(original), active_params_count(original)
    held = sum(proof.bytes_by_dtype.values())
    one = rows[:1]
    facts = Facts(
        params_count=params,
        active_params_count=active,
        weight_bytes=held,
        active_weight_bytes=round(held * active / params),
        flops_per_item=flops(lambda: original(one)) + recurrent_flops(original, rows.shape[-1]),
        item_bytes=float(cast(one, case).numel() * cast(one, case).element_size()),
        input_shape="x".join(str(side) for side in rows.shape[1:]),
        item_unit=_UNITS.get(case.modality, "inference"),
        source=RULE,
        framework_version=torch.__version__,
        weights="trained" if case.model in TRAINED else f"seeded random ({SEED})",
    )
    return facts, proof
