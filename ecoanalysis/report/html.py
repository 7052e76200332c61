"""The self-contained page: no request leaves it, everything that it needs is in it."""

import base64
import functools
import hashlib
import re
from typing import Any

from ecoanalysis.impact.place import Place
from ecoanalysis.records import Quantity
from ecoanalysis.report import cache
from ecoanalysis.report.alt import describe
from ecoanalysis.report.draw import ASSETS, Drawing, draw
from ecoanalysis.report.inline import pieces, pointed
from ecoanalysis.report.model import Block, Cell, Explorer, Figure, Report, See, Table, TraceView
from ecoanalysis.report.numbers import count, halves, plain, show
from ecoanalysis.report.payload import explorer_data, frame_data, packed, trace_data
from ecoanalysis.report.rows import as_json
from ecoanalysis.report.shared_marks import shared_marks
from ecoanalysis.report.theme import css_variables

_WHOLE, _HEAD = 40, 12  # rows of a figure's data that the page shows: all up to a number, the first of more
_CHARACTER = 0.74  # of a digit's width: what a sign of an interval needs in the mean


def write_html(report: Report, place: Place, theme: str = "auto") -> str:
    """Return the page of a report; `theme` is light, dark, or auto: as the reader's system."""
    blocks = [block for section in report.sections for block in section.blocks]
    figures = [_figure(block) for block in blocks if isinstance(block, Figure | TraceView)]
    drawn = {figure.id: draw(figure.panel) for figure in figures}
    script = _script()
    numbers = report.numbers()
    page: str = _template().render(
        report=report,
        sections=[(section, section.blocks) for section in report.sections],
        svg={
            name: _inline(drawing.svg, f"f{number}") for number, (name, drawing) in enumerate(drawn.items())
        },
        numbers=numbers,
        pieces=lambda block: (
            pointed(block, numbers) if isinstance(block, See) else pieces(block.text, report)
        ),
        fonts=_fonts(),
        variables=css_variables(),
        style=_asset("page.css"),
        script=script,
        script_hash=_digest(script),
        vega_hash=_bundle_digest(),
        vega=base64.b64encode((ASSETS / "vega.js.gz").read_bytes()).decode(),
        data=packed(as_json(_data(blocks, place))),
        figures=packed(_figure_data(figures, drawn)),
        theme=theme,
        figure_rows=_figure_rows,
    )
    return page


def _template() -> Any:
    """Return the page's template: everything that it prints is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        bytecode_cache=_kept_bytecode(),
        loader=FileSystemLoader(ASSETS.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(number=_number, kind=lambda block: type(block).__name__)
    environment.globals.update(describe=describe, count=count, room=_room, tall=_tall)
    return environment.get_template("page.html.j2")


def _kept_bytecode() -> Any:
    """Return where compiled templates are kept: compiling ours takes a quarter of a second."""
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Kept(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            if found := cache.stored(f"{bucket.key}{bucket.checksum}.template"):
                bucket.bytecode_from_string(found)

        def dump_bytecode(self, bucket: Bucket) -> None:
            cache.keep(f"{bucket.key}{bucket.checksum}.template", bucket.bytecode_to_string())

    return Kept()


_TALL = {
    "Figure": 480,
    "TraceView": 780,
    "Explorer": 3600,
    "Cards": 260,
    "Answers": 900,
    "Callout": 110,
}  # px


def _tall(blocks: list[Block]) -> int:
    """Return about how tall blocks are [px]: the room that a page keeps for a section until it is seen."""
    tables = [block for block in blocks if isinstance(block, Table) and not block.appendix]
    return (
        100
        + sum(_TALL.get(type(block).__name__, 70) for block in blocks)
        + sum(34 * len(table.rows) for table in tables)
    )


def _data(blocks: list[Block], place: Place) -> dict[str, Any]:
    """Return what the page's script reads at once."""
    data: dict[str, Any] = {}
    for block in blocks:
        if isinstance(block, Explorer):
            data["explorer"] = explorer_data(block, place)
        elif isinstance(block, Figure) and "members" in block.panel.options:
            data["members"] = block.panel.options["members"]
        elif isinstance(block, TraceView):
            data["traces"] = trace_data(block.traces)
    return data


def _figure_data(figures: list[Figure], drawn: dict[str, Drawing]) -> str:
    """Return what live charts and downloads read, by figure, as JSON; the trace has a viewer of its own."""
    parts = [
        f'"{figure.id}":{{"vega":{drawn[figure.id].vega},"rows":{drawn[figure.id].rows},'
        f'"frame":{as_json(frame_data(figure.panel.frame))}}}'
        for figure in figures
        if figure.id != "trace"
    ]
    return f"{{{','.join(parts)}}}"


def _figure(block: Figure | TraceView) -> Figure:
    """Return the figure of a block."""
    return block.figure if isinstance(block, TraceView) else block


def _number(cell: Cell) -> dict[str, str] | None:
    """Return a cell's text and how it was obtained; None for what is no quantity."""
    if not isinstance(cell, Quantity):
        return None
    shown = show(cell)
    interval = "" if cell.low is None else f"{round(cell.level * 100)} % interval. "
    boundary = f"Boundary: {cell.boundary}. " if cell.boundary else ""
    note = (cell.note or "").strip()
    before, after = halves("–" if shown is None else shown.text())
    return {
        "before": before,
        "after": after,
        "how": f"{cell.basis.capitalize()}. {boundary}{interval}{note}".strip(),
    }


def _room(table: Table) -> str:
    """Return the widths that keep a table's numbers under each other at their decimal points, as CSS variables."""
    widths = []
    for place, column in enumerate(table.columns, start=1):
        texts = [found["after"] for row in table.rows if (found := _number(row[place - 1]))]
        if column.align == "right" and texts:
            widths.append(f"--w{place}:{max(map(len, texts)) * _CHARACTER:.0f}ch")
    return ";".join(widths)


def _figure_rows(figure: Figure) -> tuple[list[str], list[list[str]], int]:
    """Return the head of a figure's data as text: names, rows, and how many rows there are."""
    frame = figure.panel.frame
    shown = frame if frame.height <= _WHOLE else frame.head(_HEAD)
    rows = [[_cell(value) for value in row] for row in shown.iter_rows()]
    return frame.columns, rows, frame.height


def _cell(value: object) -> str:
    """Return a value of a data table."""
    if value is None:
        return "–"
    return plain(value, 5) if isinstance(value, float) else str(value).replace("\u200b", "")


def _inline(svg: str, prefix: str) -> Any:
    """Return an SVG ready to stand in the page: scaled by it, hidden from readers, its names begun by a prefix."""
    from markupsafe import Markup

    body = shared_marks(svg[svg.index("<svg") :], prefix)
    body = re.sub(r'(id="|url\(#|href="#)i(?=\d)', rf"\g<1>{prefix}i", body)
    return Markup(body.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))


def _asset(name: str) -> Any:
    """Return an asset of ours as it is."""
    from markupsafe import Markup

    return Markup((ASSETS / name).read_text(encoding="utf-8"))


@functools.cache
def _script() -> Any:
    """Return the page's script: the files of its folder, in the order of their names, in one scope."""
    from markupsafe import Markup

    parts = [path.read_text(encoding="utf-8") for path in sorted((ASSETS / "page").glob("*.js"))]
    return Markup('"use strict";\n(async () => {\n' + "".join(parts) + "})();\n")


@functools.cache
def _bundle_digest() -> str:
    """Return the hash that lets the page run the unpacked bundle, and nothing else."""
    import gzip

    return _digest(gzip.decompress((ASSETS / "vega.js.gz").read_bytes()).decode())


def _digest(text: str) -> str:
    """Return a script's hash as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@functools.cache
def _fonts() -> Any:
    """Return the fonts as CSS."""
    from markupsafe import Markup

    faces = []
    for name, weight in (("Regular", 400), ("SemiBold", 600)):
        data = base64.b64encode((ASSETS / f"Inter-{name}.woff2").read_bytes()).decode()
        faces.append(
            f"@font-face{{font-family:Inter;font-weight:{weight};font-display:swap;"
            f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
        )
    return Markup("".join(faces))
