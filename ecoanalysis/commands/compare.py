"""`eco compare`: two of anything, with a verdict."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--where", help="SQL condition on both sides.")
@click.option(
    "--database", type=click.Path(path_type=Path), help="Analysis database (default data/eco.duckdb)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the finding for machines.")
def compare(first: str, second: str, where: str | None, database: Path | None, as_json: bool) -> None:
    """Compare FIRST with SECOND on the configurations that both have: better, worse, or cannot tell.

    Each is COLUMN=VALUE (model=resnet18, device=…, precision=int8, host=…; several with commas), or the path of
    another analysis database. Two commits: record each, and combine each into a database of its own.

    \b
      eco compare model=logistic_regression model=svm_rbf
      eco compare framework=pytorch,precision=int8-dynamic framework=onnxruntime,precision=int8-dynamic
      eco compare before.duckdb after.duckdb
    """
    from ecoanalysis.studies.comparison import compare as compare_frames
    from ecoanalysis.studies.selection import select
    from ecoanalysis.studies.words import counted

    settings = load_settings(database=database)
    frames = [select(text, settings.database, where) for text in (first, second)]
    for text, frame in zip((first, second), frames, strict=True):
        if frame.is_empty():
            raise EcoError(f"nothing matches {text!r}", "eco top shows what there is")
    finding = compare_frames(frames[0], frames[1], (first, second))
    if as_json:
        click.echo(json.dumps(asdict(finding), indent=1, allow_nan=False))
    else:
        click.echo(finding.sentence)
        for reason, count in finding.exclusions.items():
            if count:
                click.echo(f"  left out: {counted(count, 'measurement')}, {reason}")
        if finding.basis == "estimated":
            click.echo(
                "  some of these energies are estimated: their ratio says what time and utilisation did"
            )
