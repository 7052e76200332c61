"""`eco report`: traces in, page and article out."""

import time
from pathlib import Path

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

FORMATS = ("html", "pdf", "latex")


@click.command()
@click.option("--traces", type=click.Path(path_type=Path), help="Recordings to gather first. [data/traces]")
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--format", "formats", default="html,pdf", show_default=True, help="Any of html,pdf,latex.")
@click.option("--title", help="The title.")
@click.option("--where", help="SQL condition on measurements: \"device_kind = 'cpu'\".")
@click.option("--compare", metavar="COLUMN", help="Also compare the values of a column, e.g. precision.")
@click.option("--sections", help="Any of summary,results,studies,prediction,skill,methods,provenance. [all]")
@click.option(
    "--studies/--no-studies",
    "with_studies",
    default=True,
    show_default=True,
    help="Answer the studies' questions.",
)
@click.option("--region", help="Where it ran: ISO code such as FRA, or US-CA. Never guessed.")
@click.option("--pue", type=float, help="Power usage effectiveness of the site.")
@click.option("--site", help="A site of the factor tables, e.g. desktop.")
@click.option(
    "--qf", type=click.Choice(["unit", "bits32", "table"]), help="Quantisation factor convention in ESS."
)
@click.option("--anonymous", is_flag=True, help="Hide hosts, commands and file names.")
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Look of the page.",
)
@click.option(
    "--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True, help="Paper of the PDF."
)
def report(
    output: Path,
    formats: str,
    title: str | None,
    where: str | None,
    compare: str | None,
    sections: str | None,
    with_studies: bool,
    anonymous: bool,
    theme: str,
    paper: str,
    **flags: object,
) -> None:
    """Write the report: a self-contained page and a typeset article.

    Gathers the traces, works out energies, carbon, water and scores, and writes reports/ecoanalysis.html and .pdf.

    \b
    eco report
    eco report --region FRA --pue 1.1 --format html,pdf,latex
    """
    from ecoanalysis.report.produce import Wanted, produce

    kinds = tuple(kind.strip() for kind in formats.split(",") if kind.strip())
    for kind in kinds:
        if kind not in FORMATS:
            raise EcoError(f"unknown format {kind!r}", f"choose from: {', '.join(FORMATS)}")
    chosen = tuple(name.strip() for name in (sections or "").split(",") if name.strip())
    wanted = Wanted(output, kinds, title, where, compare, chosen, with_studies, anonymous, theme, paper)
    started = time.perf_counter()
    written = produce(load_settings(**flags), wanted, say=lambda line: click.echo(line, err=True))
    for path in written:
        click.echo(str(path))
    click.echo(f"written in {time.perf_counter() - started:.1f} s", err=True)
