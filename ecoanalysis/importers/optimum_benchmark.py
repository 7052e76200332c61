"""Hugging Face optimum-benchmark reports (JSON) and LLM-Perf leaderboard tables (CSV): prefill and decode apart."""

from dataclasses import dataclass
from typing import Any

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.identity.suffix import precision_in
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, read_table
from ecoanalysis.units import J_PER_KWH

TITLE = "optimum-benchmark JSON and LLM-Perf CSV"
LAYOUT = "own"
_KINDS = ("scenario", "benchmark")  # older releases say benchmark
_PHASES = ("prefill", "decode", "generate", "forward", "call")
_NEW_TOKENS = ("generate_kwargs.max_new_tokens", "new_tokens")
_FULL_BITS = 16.0  # such weights are loaded in the dtype that is asked for, whatever their file says
_UNITS = {"prefill": "token", "decode": "token", "call": "image", "forward": "inference"}
_PARTS = {
    "gpu": ("board", "gpu", "measured"),
    "cpu": ("package", "cpu", "estimated"),
    "ram": ("dram", "memory", "estimated"),
    "total": ("node", "platform", "estimated"),
}


def sniff(head: Head) -> bool:
    """Say whether it is a report with energies by phase, nested or flattened."""
    flat = any(name.startswith("report.") and ".energy." in name for name in head.columns)
    parts = ('"energy"', '"latency"' if '"kWh"' not in head.text else '"kWh"')
    return flat or (
        head.text.lstrip().startswith("{")
        and all(part in head.text for part in parts)
        and any(f'"{phase}"' in head.text for phase in _PHASES)
    )


def read(head: Head, options: Options) -> Imported:
    """Return a result per phase and part. Energies are kWh per call of the phase; load is left out."""
    draft = Draft(head, "optimum_benchmark", dataset="optimum_benchmark")
    if head.text.lstrip().startswith("{"):
        rows: list[Row] = [_flatten(load_json(head))]
    else:
        rows = list(read_table(head).iter_rows(named=True))
    kept = sum(_one(draft, place, row) for place, row in enumerate(rows))
    if not kept:
        raise EcoError(
            f"{head.path}: no energy in this report", "run optimum-benchmark with scenario.energy=true"
        )
    draft.note("through_codecarbon", "energies come from CodeCarbon: the GPU is measured, RAM modelled")
    return draft.finish(len(rows))


def _flatten(document: dict[str, Any]) -> Row:
    """Return a nested document as dotted names; a bare report gets the prefix that a full file has."""
    if "report" not in document and any(isinstance(document.get(phase), dict) for phase in _PHASES):
        document = {"report": document}
    flat: Row = {}
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        prefix, node = stack.pop()
        if isinstance(node, dict):
            stack.extend((f"{prefix}.{name}" if prefix else str(name), value) for name, value in node.items())
        else:
            flat[prefix] = node
    return flat


def _first(row: Row, *names: str) -> object:
    """Return the first of the names that says something."""
    return next((row[name] for name in names if as_text(row.get(name)) is not None), None)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a report says about its inputs."""

    batch: float | None
    input_tokens: float | None
    new_tokens: float | None
    beams: float = 1.0
    images: float = 1.0

    def items(self, phase: str) -> float | None:
        """Return the items of one call: prompt tokens, further tokens, or requests."""
        if phase == "prefill":
            return product(self.batch, self.input_tokens)
        if phase == "decode":
            later = None if self.new_tokens is None else max(self.new_tokens - 1, 1)
            return product(self.batch, self.beams, later)
        return product(self.batch, self.images) if phase == "call" else self.batch


def _one(draft: Draft, place: int, row: Row) -> int:
    """Keep the phases of one report; return how many results there were."""
    shape = _Shape(
        as_float(_first(row, *(f"config.{kind}.input_shapes.batch_size" for kind in _KINDS))),
        as_float(_first(row, *(f"config.{kind}.input_shapes.sequence_length" for kind in _KINDS))),
        as_float(_first(row, *(f"config.{kind}.{name}" for name in _NEW_TOKENS for kind in _KINDS))),
        as_float(_first(row, *(f"config.{kind}.generate_kwargs.num_beams" for kind in _KINDS))) or 1.0,
        as_float(_first(row, *(f"config.{kind}.call_kwargs.num_images_per_prompt" for kind in _KINDS)))
        or 1.0,
    )
    return sum(_phase(draft, place, row, phase, shape) for phase in _PHASES)


def _config(row: Row, phase: str, shape: _Shape) -> Config:
    """Return the configuration of a phase."""
    model = as_text(_first(row, "config.backend.model")) or "unknown"
    return Config(
        task=as_text(_first(row, "config.backend.task")) or "text-generation",
        model=model,
        framework=as_text(_first(row, "config.backend.name")) or "pytorch",
        framework_version=as_text(_first(row, "config.backend.version")),
        precision=_precision(row, model),
        batch_size=shape.batch, input_tokens=shape.input_tokens, output_tokens=shape.new_tokens, scenario=phase,
        item_unit=_UNITS.get(phase, "request"),
        accelerators_count=as_int(_first(row, "config.environment.gpu_count")),
    )  # fmt: skip


def _precision(row: Row, model: str) -> str:
    """Return how the weights are stored: by their scheme, by a name that says fewer than 16 bits, by their dtype."""
    scheme, named = _first(row, "config.backend.quantization_scheme"), precision_in(model)
    if scheme is None and named and named.bits < _FULL_BITS:
        return named.name
    dtypes = ("config.backend.torch_dtype", "config.backend.dtype", "config.backend.precision")
    return precision_name(scheme or _first(row, *dtypes), model)


def _phase(draft: Draft, place: int, row: Row, phase: str, shape: _Shape) -> int:
    """Keep the parts of one phase; return how many there were."""
    gpu = _first_gpu(_first(row, "config.environment.gpu.0", "config.environment.gpu"))
    cpu = as_text(_first(row, "config.environment.cpu"))
    latency = as_float(_first(row, f"report.{phase}.latency.mean", f"report.{phase}.latency.mean.value"))
    config, kept = _config(row, phase, shape), 0
    if shape.items(phase) is None and any(name.startswith(f"report.{phase}.energy.") for name in row):
        text = f"{phase}: its tokens or its batch are not stated: energies of a call, none per {config.item_unit}"
        draft.note("no_items", text, None, "warning")
    for part, (boundary, kind, basis) in _PARTS.items():
        kwh = as_float(_first(row, f"report.{phase}.energy.{part}", f"report.{phase}.energy.{part}.value"))
        if kwh is not None and kwh < 0:
            draft.note(
                "negative_energy",
                f"{phase} {part}: {kwh:g} kWh, a difference of two runs: left out",
                None,
                "warning",
            )
        if kwh is None or kwh <= 0:
            continue
        name = (gpu if part in ("gpu", "total") else cpu) or f"unknown {part}"
        device = draft.device(name, kind=kind, boundary=boundary, sensor="codecarbon")
        draft.result(
            place, config, f"{phase} {part}", device_id=device, label=phase, energy_j=kwh * J_PER_KWH,
            items_count=shape.items(phase), boundary=boundary, basis=basis, duration_s=latency, latency_s=latency,
            item_unit=config.item_unit, batch_size_mean=shape.batch,
            method="optimum-benchmark through CodeCarbon, per call of the phase",
        )  # fmt: skip
        kept += 1
    return kept


def _first_gpu(said: object) -> str | None:
    """Return the first of a list of GPUs, which a table holds as the text of a list."""
    if isinstance(said, list):
        said = said[0] if said else None
    text = as_text(said)
    return text if text is None else as_text(text.strip("[]").split(",")[0].strip(" '\""))
