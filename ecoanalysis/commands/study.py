"""`eco study`: answer a question from the data."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collectors.trace.records import format_id
from ecoanalysis.errors import EcoError
from ecoanalysis.records import Finding, StudyResult
from ecoanalysis.settings import load_settings
from ecoanalysis.studies import STUDIES, load_study
from ecoanalysis.studies.words import counted

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("name", default="all", metavar="[NAME|all]")
@click.option("--where", help="SQL condition on the measurements, such as \"device LIKE '%A100%'\".")
@click.option(
    "--database", type=click.Path(path_type=Path), help="Analysis database (default data/eco.duckdb)."
)
@click.option("--json", "as_json", is_flag=True, help="Print findings for machines.")
@click.option(
    "--trace", metavar="FINDING", help="Print the run and result ids behind the findings of that name."
)
@click.option(
    "--embodied",
    is_flag=True,
    default=None,
    help="Hardware: count the making of the devices in the regrets of carbon.",
)
@click.option(
    "--latency-bound",
    "latency_bound_s",
    type=float,
    metavar="S",
    help="Hardware: compare also what answers within so many seconds.",
)
@click.option(
    "--hours",
    type=click.Path(path_type=Path),
    help="Place: CSV of carbon intensity by hour (hour or time, g/kWh; any number of regions).",
)
@click.option("--most", default=8, show_default=True, help="Findings to print per study.")
def study(
    name: str,
    where: str | None,
    database: Path | None,
    as_json: bool,
    trace: str | None,
    embodied: bool | None,
    latency_bound_s: float | None,
    hours: Path | None,
    most: int,
) -> None:
    """Answer a question from the data, with estimate, interval and limits.

    NAME is quantization, mismatch, implementation, scaling, place, quality, or all.

    \b
      eco import FOLDER && eco study all
      eco study quantization --where "device LIKE '%A100%'" --json
      eco study mismatch --embodied --latency-bound 0.1
      eco study place --hours hours.csv
      eco study quantization --trace "int8 over fp32: all places"
    """
    names = list(STUDIES) if name == "all" else [name]
    if unknown := [one for one in names if one not in STUDIES]:
        raise EcoError(f"no study is called {unknown[0]!r}", f"one of: {', '.join(STUDIES)}, all")
    settings = load_settings(
        database=database, embodied=embodied, latency_bound_s=latency_bound_s, hours=hours
    )
    frame = _load(settings.database, where)
    results = [load_study(one)(frame, settings) for one in names]
    if trace:
        _print_trace([f for result in results for f in result.findings if trace in f.name], trace, frame)
    elif as_json:
        click.echo(json.dumps([_as_json(result) for result in results], indent=1, allow_nan=False))
    else:
        for result in results:
            _print(result, most)


def _load(database: Path, where: str | None) -> "pl.DataFrame":
    """Return the measurements that match; raises `EcoError` where none does."""
    from ecoanalysis.store.database import open_database
    from ecoanalysis.studies.frame import load

    with open_database(database, read_only=True) as con:
        frame = load(con, where)
    if frame.is_empty():
        raise EcoError(
            "no measurement with an energy per item matches",
            "eco report shows what there is; eco import --set items=1000 FILE, or eco-collect suite quick; eco combine",
        )
    return frame


def _print(result: StudyResult, most: int) -> None:
    """Print a study as a page of text."""
    click.secho(f"\n{result.title}: {result.question}", bold=True)
    click.echo(f"  {result.answer}")
    for finding in result.findings[:most]:
        click.echo(f"  · {finding.sentence}")
        for warning in finding.warnings:
            click.echo(f"      ! {warning}")
    if len(result.findings) > most:
        click.echo(
            f"  … {len(result.findings) - most} more findings: --most {len(result.findings)} or --json"
        )
    for limit in result.limits:
        click.echo(f"  limit: {limit}")
    for command in result.missing:
        click.echo(f"  to answer it: {command}")


def _print_trace(findings: list[Finding], name: str, frame: "pl.DataFrame") -> None:
    """Print the runs, or the rows of sources, that the figures of findings come from."""
    if not findings:
        raise EcoError(f"no finding is called {name!r}", "eco study --json lists their names")
    by_id = {row["id"]: row for row in frame.iter_rows(named=True)}
    for finding in findings:
        click.echo(f"{finding.name}: {counted(len(finding.measurement_ids), 'measurement')}")
        if not finding.measurement_ids:
            click.echo("  from the tables of factors: eco factors --all")
        for measurement_id in finding.measurement_ids:
            row = by_id[measurement_id]
            kind, key = ("run", row["run_id"]) if row["run_id"] else ("result", row["result_id"])
            click.echo(
                f"  {kind} {format_id(key)}  {row['energy_per_item_j']:.6g} J/{row['item_unit']}  "
                f"{row['model']}, {row['precision']}, {row['device']}  {row['source_path'] or row['host'] or ''}"
            )


def _as_json(result: StudyResult) -> dict[str, object]:
    """Return a study's words and findings as JSON values; panels stay in the report."""
    return {
        "name": result.name,
        "question": result.question,
        "answer": result.answer,
        "design": result.design,
        "findings": [asdict(finding) for finding in result.findings],
        "limits": result.limits,
        "missing": result.missing,
        "exclusions": result.exclusions,
    }
