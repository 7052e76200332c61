"""A drawing keeps its rows apart, its labels whole, and its coordinates short."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.records import Panel
from ecoanalysis.report import draw as drawing
from ecoanalysis.report.charts import parts
from ecoanalysis.report.draw import draw
from ecoanalysis.report.rows import rows_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECO_CACHE", str(tmp_path))


def test_rows_have_six_digits_and_null_for_what_is_missing_or_not_finite() -> None:
    rows = rows_of(pl.DataFrame({"x": [1 / 3, None, float("inf")], "name": ["a", "é", None]}))
    assert rows.columns == '{"x":[0.333333,null,null],"name":["a","é",null]}'
    assert rows.listed() == '[{"x":0.333333,"name":"a"},{"x":null,"name":"é"},{"x":null,"name":null}]'


def test_the_specification_names_its_rows_and_the_drawing_has_a_mark_for_each() -> None:
    frame = pl.DataFrame({"workload": ["a", "a", "b"], "device": ["x", "y", "x"], "regret": [1.0, 2.5, 3.0]})
    drawn = draw(Panel("regret_heatmap", "t", "c", frame))
    named = {source["name"] for source in json.loads(drawn.vega)["data"] if "source" not in source}
    rows = json.loads(drawn.rows)
    assert set(rows) == named
    assert "values" not in {key for source in json.loads(drawn.vega)["data"] for key in source}
    assert [columns["shown"] for columns in rows.values()] == [["1", "2.5", "3"]]
    assert all(f">{number}</text>" in drawn.svg for number in ("1", "2.5", "3"))


def test_a_label_is_limited_only_where_it_may_be_too_long() -> None:
    assert parts.cut_at(250, ["GeForce RTX 4090"]) == 0
    assert parts.cut_at(250, ["W" * 40]) == 250
    assert parts.cut_at(20, ["模型"]) == 20  # each as wide as it is high


def test_no_text_is_wider_than_what_it_is_given_room_for() -> None:
    import vl_convert

    def drawn_px(text: str) -> float:
        place = {"text": {"value": text}, "font": {"value": "Inter"}, "fontSize": {"value": 11}}
        mark = {"type": "text", "encode": {"enter": {**place, "fontWeight": {"value": 600}}}}
        spec = {"$schema": "https://vega.github.io/schema/vega/v6.json", "padding": 0, "marks": [mark]}
        found = re.search(r'width="([\d.]+)"', vl_convert.vega_to_svg({**spec, "width": 1, "height": 1}))
        assert found
        return float(found[1])

    drawing.register_fonts()
    for letter in [*map(chr, range(33, 127)), "·"]:
        assert drawn_px(letter * 20) <= parts.widest(letter * 20) + 1, letter


def test_coordinates_are_short_and_labels_and_opacities_whole() -> None:
    long = '<g transform="translate(1.256,-0.04)"><path d="M2.74,3" opacity="0.85"/><text x="2.00">0.856 "1.23"</text>'
    short = (
        '<g transform="translate(1.3,-0)"><path d="M2.7,3" opacity="0.85"/><text x="2">0.856 "1.23"</text>'
    )
    assert drawing._short_numbers(long) == short


def test_a_kept_drawing_is_read_back_whole_and_a_damaged_one_is_drawn_anew(tmp_path: Path) -> None:
    panel = Panel(
        "regret_heatmap", "t", "c", pl.DataFrame({"workload": ["é"], "device": ["x"], "regret": [1.5]})
    )
    first = draw(panel)
    (kept,) = tmp_path.rglob("*.drawing")
    whole = kept.read_bytes()
    assert draw(panel) == first
    kept.write_bytes(whole[:-9])
    assert draw(panel) == first
    assert kept.read_bytes() == whole


def test_a_newer_renderer_or_another_font_draws_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def code() -> str:
        drawing._code.cache_clear()
        return drawing._code()

    first = code()
    assert code() == first
    with monkeypatch.context() as patched:
        patched.setattr(drawing, "version", lambda name: "99" if name == "vl-convert-python" else "1")
        assert code() != first
    (tmp_path / "Other.ttf").write_bytes(b"letters")
    with monkeypatch.context() as patched:
        patched.setattr(drawing, "ASSETS", tmp_path)
        assert code() != first
    assert code() == first
