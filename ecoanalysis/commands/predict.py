"""`eco predict`: what a configuration would take that nobody measured."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ecoanalysis.models.configuration import Configuration
    from ecoanalysis.models.predict import Anchor, Prediction


@click.command()
@click.option("--model", help="A model's name, its config.json, or its parameters (7e9).")
@click.option("--device", help="The device: H100, RTX 4090, Jetson AGX Orin …")
@click.option("--precision", help="bf16, fp8, int8, nf4, q4_k_m …")
@click.option("--batch-size", help="Requests or images at once. Matters most.")
@click.option("--gpus", help="Devices that share the model.  [1]")
@click.option("--input", "input_", metavar="TOKENS", help="Prompt tokens per request.")
@click.option("--output", metavar="TOKENS", help="Generated tokens per request.")
@click.option("--resolution", metavar="WxH", help="Of images and videos.")
@click.option("--steps", help="Denoising steps.")
@click.option("--frames", help="Frames of a video.")
@click.option("--framework", help="vllm, transformers, diffusers …")
@click.option("--task", help="chat, code, image-chat, text-to-image …")
@click.option(
    "--item", type=click.Choice(["token", "image", "video", "request", "sample"]), help="Energy per what."
)
@click.option("--scenario", help="Of samples: offline, server, single_stream, multi_stream.")
@click.option("--throughput", type=float, help="Items per second, if you know it: narrows the interval.")
@click.option("--anchors", help="Measured runs of this deployment: BATCH=JOULES,… per item.")
@click.option("--region", help="Country code, WORLD, or US state.")
@click.option("--pue", type=float, help="The PUE of your site.")
@click.option("--csv", "table", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Configurations, one per row; columns as these options.")  # fmt: skip
@click.option(
    "--compare", multiple=True, metavar="KEY=VALUE[,VALUE…]", help="Also with these values; sorted by energy."
)
@click.option("--suggest", is_flag=True, help="Say which runs would narrow the interval most.")
@click.option(
    "--fits", type=click.Path(dir_okay=False, path_type=Path), help="A file of fits other than yours or ours."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def predict(region: str | None, pue: float | None, table: Path | None, compare: tuple[str, ...],
            anchors: str | None, throughput: float | None, suggest: bool, fits: Path | None, as_json: bool,
            **given: Any) -> None:  # fmt: skip
    """Predict energy, carbon, water and ESS per item, with 90 % intervals calibrated for what is extrapolated.

    Example: eco predict --model Qwen/Qwen3-8B --device H100 --batch-size 64 --region FRA
    """
    from dataclasses import replace

    from ecoanalysis.models.fit import read_book
    from ecoanalysis.models.predict import default_book
    from ecoanalysis.models.predict import predict as predict_all
    from ecoanalysis.models.question import ask
    from ecoanalysis.settings import load_settings

    settings = load_settings(region=region, pue=pue)
    book = read_book(fits) if fits else default_book(settings.database)
    base = {"input" if name == "input_" else name: value for name, value in given.items()}
    asked = [ask(answers, book) for answers in _rows(base, table, compare)]
    _check_anchors(anchors, {replace(config, batch_size=1.0) for config, _ in asked})
    speeds = [throughput] * len(asked)
    found = predict_all(
        [config for config, _ in asked], settings, book=book, anchors=_anchors(anchors), throughputs=speeds
    )
    shown = [(prediction, assumed) for prediction, (_, assumed) in zip(found, asked, strict=True)]
    if compare:
        shown.sort(key=lambda pair: pair[0].energy.value or 0.0)
    if as_json:
        click.echo(
            json.dumps([_plain(*pair) for pair in shown], indent=2, allow_nan=False, ensure_ascii=False)
        )
    elif len(shown) == 1:
        _print(*shown[0])
    else:
        _table(shown)
    if suggest and not as_json:
        from ecoanalysis.models.suggest import suite_line

        click.echo(f"\nRuns that would narrow this most:\n  {suite_line(shown[0][0].configuration, book)}")


def _rows(base: dict[str, Any], table: Path | None, compare: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the answers of every configuration asked about: the options, a table's rows, all that compare names."""
    from itertools import product

    from ecoanalysis.errors import EcoError

    rows = [base]
    if table:
        import csv

        with table.open(newline="") as file:
            read = [
                {k.replace("-", "_"): v for k, v in row.items() if k and v} for row in csv.DictReader(file)
            ]
        unknown = sorted({name for row in read for name in row} - set(base))
        if unknown or not read:
            raise EcoError(
                f"{table}: unknown columns {', '.join(unknown) or '(no rows)'}", f"columns: {', '.join(base)}"
            )
        rows = [base | row for row in read]
    choices = []
    for text in compare:
        key, _, values = text.partition("=")
        key = key.replace("-", "_")
        if key not in base or not values:
            raise EcoError(f"cannot compare {text!r}", f"--compare device=H100,A100; keys: {', '.join(base)}")
        choices.append([(key, value) for value in values.split(",")])
    return [row | dict(chosen) for row in rows for chosen in product(*choices)]


def _anchors(text: str | None) -> "list[Anchor]":
    """Return anchors of a text such as 8=0.5,64=0.1."""
    from ecoanalysis.errors import EcoError
    from ecoanalysis.models.predict import Anchor

    try:
        pairs = [part.split("=") for part in text.split(",")] if text else []
        found = [Anchor(float(batch), float(joules)) for batch, joules in pairs]
    except ValueError as error:
        raise EcoError(
            f"cannot read the anchors {text!r}", "--anchors 8=0.51,64=0.12 (batch=joules per item)"
        ) from error
    if any(not (anchor.batch_size > 0 and anchor.energy_per_item_j > 0) for anchor in found):
        raise EcoError("anchors must be positive", "--anchors 8=0.51,64=0.12 (batch=joules per item)")
    return found


def _check_anchors(anchors: str | None, deployments: "set[Configuration]") -> None:
    """Raise `EcoError` where anchors of one deployment would be used for another."""
    from ecoanalysis.errors import EcoError

    if anchors and len(deployments) > 1:
        raise EcoError("anchors belong to one deployment, several are asked about", "compare batch_size only")


def _print(found: "Prediction", assumed: list[str]) -> None:
    """Print one prediction in full."""
    config = found.configuration
    click.echo(
        f"{config.facts.name} · {config.devices_count} × {config.device.name} · {config.precision} · "
        f"batch {config.batch_size:g} · {config.stack}"
    )
    for label, quantity, per in (
        ("energy", found.energy, f" per {config.item_unit}"),
        ("carbon", found.co2, f" CO₂e per {config.item_unit}"),
        ("water", found.water, f" per {config.item_unit}"),
        ("ESS", found.ess, " per 1,000 items"),
    ):
        click.echo(f"  {label:<8}{_text(quantity)}{per}")
    coverage = "not tested" if found.coverage is None else f"{found.coverage:.0%} realised"
    click.echo(
        f"  basis   estimated by {found.estimator}, boundary {found.energy.boundary}; "
        f"{' + '.join(found.tiers)}: 90 % interval ×/÷ {found.half_width_ratio:.2f} "
        f"({found.calibration}, {found.groups_count} groups, coverage {coverage})"
    )
    click.echo(
        "  because " + ", ".join(f"{name.replace('_', ' ')} {share:.0%}" for name, share in found.terms)
    )
    for near in filter(None, found.nearest):
        click.echo(
            f"  nearest {near['model']} · {near['devices_count']} × {near['device']} · {near['precision']} · batch "
            f"{near['batch_size']:g}: {near['energy_per_item_j']:.3g} J measured"
        )
    for sentence in (*assumed, *found.warnings):
        click.echo(f"  ! {sentence}")


def _text(quantity: Any) -> str:
    """Return a quantity with its interval."""
    from ecoanalysis.units import convert

    if quantity.value is None:
        return f"unknown: {quantity.note}"
    scale, unit = (convert(1, "l", "mL"), "mL") if quantity.unit == "l" else (1.0, quantity.unit)
    low, value, high = (scale * number for number in (quantity.low, quantity.value, quantity.high))
    return f"{value:.3g} {unit}  ({low:.3g} to {high:.3g})"


def _table(shown: "list[tuple[Prediction, list[str]]]") -> None:
    """Print one line per prediction."""
    for found, assumed in shown:
        config = found.configuration
        flag = f"  ! {len(assumed) + len(found.warnings)} notes (--json)" if assumed or found.warnings else ""
        click.echo(
            f"{_text(found.energy)} per {config.item_unit}, {_text(found.co2)} CO₂e  {config.facts.name} · "
            f"{config.devices_count} × {config.device.name} · {config.precision} · batch {config.batch_size:g}{flag}"
        )


def _plain(found: "Prediction", assumed: list[str]) -> dict[str, Any]:
    """Return a prediction as JSON: quantities as records, what was extrapolated, why, and warnings."""
    from dataclasses import asdict

    config = found.configuration
    return {
        "model": config.facts.name, "device": config.device.name, "precision": config.precision,
        "batch_size": config.batch_size, "devices_count": config.devices_count, "item_unit": config.item_unit,
        "framework": config.stack, "task": config.task,
        "energy_j_per_item": asdict(found.energy), "co2_g_per_item": asdict(found.co2),
        "water_l_per_item": asdict(found.water), "ess_per_1000_items": asdict(found.ess),
        "estimator": found.estimator, "tiers": found.tiers, "half_width_ratio": found.half_width_ratio,
        "coverage": found.coverage, "groups_count": found.groups_count, "calibration": found.calibration,
        "terms": dict(found.terms), "nearest": [near for near in found.nearest if near],
        "warnings": [*assumed, *found.warnings],
    }  # fmt: skip
