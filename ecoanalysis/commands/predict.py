"""`eco predict`: what a configuration would take that nobody measured."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoanalysis.errors import EcoError

if TYPE_CHECKING:
    from ecoanalysis.models.fit import Book
    from ecoanalysis.models.prediction import Prediction


@click.command()
@click.option("--model", help="A model's name, its config.json, or its parameters (7e9, 7B).")
@click.option("--device", help="The device: H100, RTX 4090, Jetson AGX Orin …, or a JSON data sheet.")
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
@click.option("--throughput", help="Items per second, if you know it: narrows the interval.")
@click.option("--anchors", metavar="ANCHORS", help="Measured runs of this deployment: BATCH=JOULES,… per item, a CSV "
              "file (batch_size, energy_j), or own: those in your database.")  # fmt: skip
@click.option("--region", help="Country code, WORLD, or US state.")
@click.option("--pue", help="The PUE of your site.")
@click.option("--csv", "table", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Configurations, one per row; columns as these options.")  # fmt: skip
@click.option(
    "--compare", multiple=True, metavar="KEY=VALUE[,VALUE…]", help="Also with these values; sorted by energy."
)
@click.option("--suggest", is_flag=True, help="Say which three runs would narrow the interval most.")
@click.option(
    "--suite",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write these runs as a suite file (TOML).",
)
@click.option(
    "--fits", type=click.Path(dir_okay=False, path_type=Path), help="A file of fits other than yours or ours."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all answers as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of --json.")
def predict(table: Path | None, compare: tuple[str, ...], suggest: bool, suite: Path | None,
            fits: Path | None, out: Path | None, as_json: bool, schema: bool, **given: Any) -> None:  # fmt: skip
    """Predict energy, carbon, water and ESS per item, with 90 % intervals calibrated for what is extrapolated.

    \b
    eco predict --model Qwen/Qwen3-8B --device H100 --batch-size 64 --region FRA
    eco predict --model path/to/config.json --device H100 --compare batch-size=1,8,64
    eco predict --csv configurations.csv --out answers.csv
    eco predict --model Qwen3-8B --device L40S --suggest
    """
    from ecoanalysis.models.fit import read_book
    from ecoanalysis.models.predict import default_book
    from ecoanalysis.models.prediction_json import schema_text
    from ecoanalysis.models.question_rows import question_rows
    from ecoanalysis.models.verbs import predict_rows
    from ecoanalysis.settings import load_settings

    if schema:
        click.echo(schema_text())
        return
    settings = load_settings()
    book = read_book(fits) if fits else default_book(settings.database)
    base = {"input" if name == "input_" else name: value for name, value in given.items()}
    rows = question_rows(base, table, compare)
    pairs = list(zip(predict_rows(rows, settings, book), rows, strict=True))
    refused = [found for found, _ in pairs if isinstance(found, EcoError)]
    if len(refused) == len(pairs):
        raise refused[0]
    if compare:
        pairs.sort(key=_by_energy)
    _show(pairs, out, as_json)
    if (suggest or suite) and not as_json:
        _suggest([found for found, _ in pairs], book, suite)


def _by_energy(pair: "tuple[Prediction | EcoError, dict[str, Any]]") -> tuple[bool, float]:
    """Return what --compare sorts by: refusals last, the least energy first."""
    from ecoanalysis.models.prediction import Prediction

    found = pair[0]
    return (False, found.energy.value or 0.0) if isinstance(found, Prediction) else (True, 0.0)


def _show(
    pairs: "list[tuple[Prediction | EcoError, dict[str, Any]]]", out: Path | None, as_json: bool
) -> None:
    """Print the answers, and write them where a file is asked for."""
    from ecoanalysis.models.prediction_json import as_csv, as_record

    if out or as_json:
        records = [as_record(*pair) for pair in pairs]
        if out:
            out.write_text(as_csv(records), encoding="utf-8")
        if as_json:
            click.echo(json.dumps(records, indent=2, allow_nan=False, ensure_ascii=False))
            return
    from rich.console import Console

    from ecoanalysis.report.prediction_view import prediction_view, predictions_table

    console = Console(highlight=False)
    first = pairs[0][0]
    if len(pairs) == 1 and not isinstance(first, EcoError):
        console.print(prediction_view(first))
    else:
        shown = [(found, f"{row['model']} on {row['device']}") for found, row in pairs]
        console.print(predictions_table(shown, console.width))
    if out:
        click.echo(f"\n{out}: {len(pairs):,} rows")


def _suggest(answers: "list[Prediction | EcoError]", book: "Book", suite: Path | None) -> None:
    """Print the runs that would narrow the first answer's deployment most, with what each is expected to bring."""
    from rich.console import Console

    from ecoanalysis.models.prediction import Prediction
    from ecoanalysis.models.suggest import suggest
    from ecoanalysis.report.prediction_view import suggestion_view

    found = suggest([answer for answer in answers if isinstance(answer, Prediction)], book)
    if suite:
        if found.suite is None:
            config = found.configuration
            raise EcoError(
                f"our suite cannot run {config.facts.name} in {config.precision}",
                "run your own program: eco predict … --suggest prints the lines",
            )
        suite.write_text(found.suite, encoding="utf-8")
    Console(highlight=False, soft_wrap=True).print(suggestion_view(found, str(suite) if suite else None))
