"""The study of scaling: how energy per item grows with size, operations, tokens and year, and falls with batch."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.identity.models import find_model
from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.commonest import commonest
from ecoanalysis.studies.exponent import Exponent, batch_exponent, model_exponent
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.words import counted, headlines_first

QUESTION = "How does energy per item grow with model size, and fall with batch?"
STRATUM = (
    "dataset",
    "device",
    "devices_count",
    "task",
    "framework",
    "precision",
    "variant",
    "boundary",
    "idle_treatment",
    "item_unit",
)
# column -> (word, least factor between the largest and the smallest)
PREDICTORS = {
    "size": ("active parameters", 3.0),
    "params_count": ("all parameters", 3.0),
    "flops": ("operations per item", 3.0),
    "tokens": ("output tokens", 2.0),
}
_LEAST_MODELS, _YEARS = 5, 2.0
_POINT = ("base_model", "device", "task", "precision", "boundary", "item_unit")
_CURVE = (
    "dataset",
    "framework",
    "task_dataset",
    "scenario",
    "variant",
    "threads",
    "devices_count",
)  # one line has one
_DESIGN = (
    "Estimand: exponents a and b where energy goes as X to the power a and B to the power b, within a "
    "device, task, framework, precision and boundary; X is the "
    "active parameters (total where the active count is unknown), all parameters, operations per item, or output "
    "tokens; B the batch size. b is the mean over models of the slope within a model (t interval over models); with b "
    "taken out, a is the least-squares slope over the models' means (t interval, models − 2 degrees of freedom). Year: "
    "factor per year of publication at equal size. Only strata with five models that span a factor of 3 enter."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return the exponents per stratum, those that rest on the most models first."""
    usable = with_predictors(frame)
    found = sorted(_findings(usable), key=lambda one: -int(one.groups["models"]))
    by = {
        name: [one for one in found if one.groups["predictor"] == name]
        for name in [*PREDICTORS, "year", "batch"]
    }
    return StudyResult(
        name="scaling",
        title="Architecture and size",
        question=QUESTION,
        answer=_answer(by["size"], by["batch"]),
        design=_DESIGN,
        findings=headlines_first(list(by.values())),
        panels=_panels(usable) if found else (),
        limits=(
            "An exponent describes the sizes measured; it is no licence to go beyond them.",
            "All parameters, operations and size move together: none of these exponents says which one is the cause.",
        ),
        missing=() if by["size"] else ("eco-collect suite cpu --select task=text-generation",),
        exclusions={"parameters unknown": frame.height - usable.height},
    )


def with_predictors(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with a positive energy and a known size, with size, flops, tokens, year and batch.

    Operations are those that the run counted, else the model's published ones; the year is the model's. The batch
    of a row that its source derived from another scenario is null: it repeats that scenario's energy.
    """
    names = [name for name in frame["model"].unique(maintain_order=True).to_list() if name]
    facts = {name: found for name in names if (found := find_model(name))}

    def fact(column: str) -> pl.Expr:
        values = [getattr(found, column) for found in facts.values()]
        return pl.col("model").replace_strict(list(facts), values, default=None, return_dtype=pl.Float64)

    return frame.filter(
        (pl.col("energy_per_item_j") > 0) & (pl.coalesce("active_params_count", "params_count") > 0)
    ).with_columns(
        size=pl.coalesce("active_params_count", "params_count").cast(pl.Float64),
        flops=pl.coalesce(pl.col("flops_per_item").cast(pl.Float64), fact("flops_per_item")),
        tokens=pl.col("output_tokens"),
        year=fact("year"),
        batch=pl.when(pl.col("basis") != "derived").then(pl.coalesce("batch_size", "nominal_batch_size")),
    )


def _findings(usable: pl.DataFrame) -> Iterator[Finding]:
    """Yield the exponents of each stratum that can carry them."""
    for key, part in usable.sort("id").group_by(STRATUM, maintain_order=True):
        if part["base_model"].n_unique() < _LEAST_MODELS:
            continue
        where = dict(zip(STRATUM, map(str, key), strict=True))
        batch = batch_exponent(part)
        slope = batch.value if batch else 0.0
        if batch:
            yield _finding(where, part, "batch", "batch size", batch)
        for column, (word, span) in PREDICTORS.items():
            known = part.filter(pl.col(column) > 0)
            if column == "params_count" and (known["size"] == known["params_count"]).all():
                continue  # the same as the active ones
            found = model_exponent(known, np.log(known[column].to_numpy().astype(float)), slope, np.log(span))
            if found and found.models >= _LEAST_MODELS:
                yield _finding(where, known, column, word, found)
        dated = part.filter(pl.col("year").is_not_null())
        yearly = model_exponent(dated, dated["year"].to_numpy().astype(float), slope, _YEARS, control="size")
        if yearly and yearly.models >= _LEAST_MODELS:
            yield _finding(where, dated, "year", "year", yearly)


def _finding(
    where: dict[str, str], part: pl.DataFrame, predictor: str, word: str, found: Exponent
) -> Finding:
    """Return one exponent, or the factor per year, in words."""
    shown = (where["task"], where["framework"], where["precision"])
    detail = ", ".join(name for name in shown if name not in ("None", "unknown"))
    boards = "" if where["devices_count"] in ("1", "None") else f"{where['devices_count']} × "
    place = f"{boards}{where['device']} ({detail}; {where['boundary']}) [{where['dataset']}]"
    models = counted(found.models, "model")
    if predictor == "year":
        value, low, high = (float(np.exp(bound)) for bound in (found.value, found.low, found.high))
        says = f"at equal size each later year multiplies energy by {value:.2f} ({low:.2f} to {high:.2f})"
    else:
        value, low, high = found.value, found.low, found.high
        says = f"energy goes as {word} to the power {value:.2f} ({low:.2f} to {high:.2f})"
    return Finding(
        name=f"{word}: {place}",
        estimand="factor per year at equal size"
        if predictor == "year"
        else f"exponent of {word} in energy per item",
        sentence=f"On {place}, per {where['item_unit']}, {says}, from {models}.",
        estimate=value,
        low=low,
        high=high,
        unit="ratio" if predictor == "year" else "exponent",
        n=part.height,
        method=found.method,
        groups={**where, "predictor": predictor, "models": str(found.models)},
        basis=basis_of(part),
        p_value=found.p_value,
        measurement_ids=tuple(part["id"].to_list()),
    )


def _answer(size: list[Finding], batch: list[Finding]) -> str:
    """Return the answer in a sentence or two; measured strata speak before estimated ones."""
    if not size:
        return "Cannot be answered: no device and task has five models of known size that span a factor of 3."
    known = [one for one in size if one.basis == "measured"] or size
    values = [one.estimate for one in known if one.estimate is not None]
    below = sum(1 for one in known if one.high is not None and one.high < 1)
    above = sum(1 for one in known if one.low is not None and one.low > 1)
    kind = "measured" if known[0].basis == "measured" else "estimated"
    answer = (
        f"Energy per item grows as active parameters to the power {np.median(values):.2f} (median of "
        f"{counted(len(values), f'{kind} stratum', f'{kind} strata')}, {min(values):.2f} to {max(values):.2f}); the "
        f"interval lies below 1 in {below} of them, above 1 in {above}."
    )
    slopes = [one.estimate for one in batch if one.basis == kind and one.estimate is not None]
    if slopes:
        answer += (
            f" It falls as batch size to the power {np.median(slopes):.2f} (median of "
            f"{counted(len(slopes), 'stratum', 'strata')})."
        )
    return answer


def _panels(usable: pl.DataFrame) -> tuple[Panel, ...]:
    """Return energy against size and against batch, each of its commonest boundary."""
    sized, batched = commonest(usable), commonest(usable.filter(pl.col("batch") > 0))
    numbers = ["size", "batch", "energy_per_item_j"]
    return (
        Panel(
            "energy_size",
            "Energy per item against model size",
            f"One point is one model on one device{_at(sized)}, its line what other settings do to it; both axes are "
            "logarithmic.",
            sized.select(*_POINT, *numbers).sort("size", "energy_per_item_j"),
            {"x": "size", "y": "energy_per_item_j"},
        ),
        Panel(
            "batch_curve",
            "Energy per item against batch size",
            f"Lines join the batch sizes of one model on one device in one framework and precision{_at(batched)}, bars "
            "span other settings. What a batch shares can fall: idle power, launches, reading the weights.",
            batched.select(*_POINT, *_CURVE, *numbers).sort("base_model", "device", "batch"),
            {"x": "batch", "y": "energy_per_item_j"},
        ),
    )


def _at(rows: pl.DataFrame) -> str:
    """Return in brackets at which boundary the energies of some rows are, nothing of none."""
    return f" ({rows['boundary'][0]} boundary)" if rows.height else ""
