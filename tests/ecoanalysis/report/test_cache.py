"""What is kept between two reports: it is used while its inputs are the same, and never after."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.records import StudyResult
from ecoanalysis.report import answers, cache
from ecoanalysis.report.answers import answer, measurements_digest
from ecoanalysis.report.html import write_html
from ecoanalysis.report.model import Report
from ecoanalysis.report.pdf import write_pdf
from ecoanalysis.report.theme import for_paper
from ecoanalysis.settings import Settings

FRAME = pl.DataFrame({"id": [1, 2], "energy_j": [1.0, 2.0], "runs": [[1], [2, 3]]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECO_CACHE", str(tmp_path))
    return tmp_path / "ecoanalysis" / "report"


def test_a_study_is_asked_again_only_when_measurements_or_settings_change(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    asked: list[float] = []

    def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
        asked.append(frame["energy_j"].sum())
        return StudyResult("s", "t", "q?", f"{asked[-1]:g} J", "d")

    def ask(frame: pl.DataFrame, settings: Settings) -> str:
        return answer("s", frame, settings, measurements_digest(frame, settings)).answer

    monkeypatch.setattr(answers, "load_study", lambda name: run)
    assert [ask(FRAME, Settings()), ask(FRAME, Settings())] == ["3 J", "3 J"]
    assert len(asked) == 1
    assert ask(FRAME.with_columns(energy_j=pl.lit(5.0)), Settings()) == "10 J"
    ask(FRAME, Settings(region="FRA"))
    assert len(asked) == 3
    damages = (b"\x80", b"", b"cno_such_module\nName\n.", b"cos\nno_such_name\n.", b"0.", b"Inumber\n.")
    for times, damage in enumerate(damages, start=4):
        for file in folder.iterdir():
            file.write_bytes(damage)
        assert ask(FRAME, Settings()) == "3 J"
        assert len(asked) == times


def test_hours_are_read_for_the_digest_of_the_measurements(tmp_path: Path) -> None:
    hours = tmp_path / "hours.csv"
    hours.write_text("hour,g\n0,100\n")
    settings = Settings(hours=hours)
    before = measurements_digest(FRAME, settings)
    hours.write_text("hour,g\n0,900\n")
    assert measurements_digest(FRAME, settings) != before


def test_what_was_kept_gives_the_bytes_of_what_is_made(report: Report, context: object, folder: Path) -> None:
    place = context.place  # type: ignore[attr-defined]
    made = write_html(report, place), write_pdf(report)
    kinds = {file.suffix for file in folder.iterdir()}
    assert kinds == {".drawing", ".template", ".pdf"}
    assert (write_html(report, place), write_pdf(report)) == made


def test_the_cache_loses_what_was_not_used_for_longest(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    import os

    monkeypatch.setattr(cache, "_MOST_BYTES", 25)
    for place, name in enumerate(("old", "middle", "new")):
        cache.keep(name, b"x" * 10)
        os.utime(folder / name, (place, place))
    cache.stored("old")
    cache.trim()
    assert sorted(file.name for file in folder.iterdir()) == ["new", "old"]


def test_paper_has_see_through_paint_and_the_light_colours() -> None:
    mark = '<path d="M0,0" fill="var(--c0)" opacity="0.85"/>'
    painted = '<path d="M0,0" fill="#0072B2" fill-opacity="0.85" stroke-opacity="0.85"/>'
    assert for_paper(mark) == painted
