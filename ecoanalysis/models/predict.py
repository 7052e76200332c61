"""Predict the energy, carbon, water and ESS of configurations that nobody measured."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.place import Place, find_place
from ecoanalysis.models import gaussian, physics, residual, timed
from ecoanalysis.models.anchor_design import curve_of, half_widths_after
from ecoanalysis.models.anchors import Adaptation, adapt
from ecoanalysis.models.columns import Columns
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.consequences import place_sentence, quantities
from ecoanalysis.models.domain import warnings_of
from ecoanalysis.models.fit import Book, read_book
from ecoanalysis.models.frame import configuration_table, describe
from ecoanalysis.models.intervals import OTHER_VERSION_WIDTH, VERSION
from ecoanalysis.models.prediction import Anchor, Prediction, Question
from ecoanalysis.models.refusals import impossible, missing_facts, unsupported
from ecoanalysis.models.tiers import tiers_of
from ecoanalysis.settings import Settings

__all__ = ["Anchor", "Prediction", "Question", "default_book", "predict", "predict_each"]
_TERMS_SHOWN = 4
_NEAREST_SHOWN = 3


def own_fits(database: Path) -> Path | None:
    """Return the file of the fits beside the database (`fits/current.json`), None where there are none."""
    own = database.parent / "fits" / "current.json"
    return own if own.is_file() else None


def default_book(database: Path | None = None) -> Book:
    """Return the fits beside the database where there are any, else those that ship."""
    own = own_fits(database) if database else None
    return read_book(own) if own else _shipped()


@cache
def _shipped() -> Book:
    """Return the fits that ship with the package."""
    return read_book(Path(str(files("ecoanalysis.models").joinpath("fits/default.json"))))


def predict(
    configurations: Sequence[Configuration], settings: Settings, *, book: Book | None = None,
    anchors: Sequence[Anchor] = (), throughputs: Sequence[float | None] | None = None,
) -> list[Prediction]:  # fmt: skip
    """Return one prediction per configuration, in their order.

    `anchors` are runs of the deployment that all configurations share. `throughputs` [items/s], where known, make
    the timed variant answer. Raises `EcoError` for a configuration that is impossible or that nothing supports.
    """
    speeds = throughputs or [None] * len(configurations)
    questions = [
        Question(config, speed, tuple(anchors)) for config, speed in zip(configurations, speeds, strict=True)
    ]
    found = []
    for answer in predict_each(questions, settings, book=book):
        if isinstance(answer, EcoError):
            raise answer
        found.append(answer)
    return found


def predict_each(
    questions: Sequence[Question], settings: Settings, *, book: Book | None = None
) -> list[Prediction | EcoError]:
    """Return a prediction per question, in their order, or the error that says why it gets none.

    Raises `EcoError` for a region that the tables do not have.
    """
    book = book or default_book(settings.database)
    found: dict[int, Prediction | EcoError] = {}
    by_kind: dict[str, list[int]] = {}
    for i, question in enumerate(questions):
        error = impossible(question.configuration, book)
        if error is not None:
            found[i] = error
        else:
            by_kind.setdefault(question.configuration.kind, []).append(i)
    for kind, at in sorted(by_kind.items()):
        made = _of_kind(book, kind, [questions[i] for i in at], settings)
        found |= dict(zip(at, made, strict=True))
    return [found[i] for i in range(len(questions))]


def _of_kind(
    book: Book, kind: str, questions: list[Question], settings: Settings
) -> list[Prediction | EcoError]:
    """Return the predictions of one kind of item; the rows that lack facts are left out before any arithmetic."""
    rows = [describe(question.configuration, strict=False) for question in questions]
    gaps = [missing_facts(question.configuration, row) for question, row in zip(questions, rows, strict=True)]
    kept = [i for i, gap in enumerate(gaps) if gap is None]
    found: list[Prediction | EcoError | None] = list(gaps)
    if kept:
        answers = _answers(book, kind, [questions[i] for i in kept], [rows[i] for i in kept])
        places = _places(questions, settings)
        for i, answer in zip(kept, answers, strict=True):
            found[i] = _concluded(questions[i], answer, places, settings)
    return [one for one in found if one is not None]


def _places(questions: list[Question], settings: Settings) -> dict[tuple[str | None, float | None], Place]:
    """Return the factors of every place that the questions name."""
    wanted = {(question.region, question.pue) for question in questions}
    return {
        (region, pue): find_place(
            replace(settings, region=region or settings.region, pue=settings.pue if pue is None else pue)
        )
        for region, pue in wanted
    }


def _answers(
    book: Book, kind: str, questions: list[Question], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return log energy, half-width and reasons of every question of a kind, before carbon and water."""
    fitted, domain, table = book.fits[kind], book.domains[kind], Columns(rows)
    tiers = [tiers_of(row, domain) for row in rows]
    log_j = _by_champion(book, kind, table, tiers)
    joules = physics.joules_by_term(residual.backbone_of(fitted), table)
    names = [name.removeprefix("term_") for name in table.columns if name.startswith("term_")]
    positions, _ = gaussian.nearest(fitted.values["process"], residual.seen_by(fitted, table), _NEAREST_SHOWN)
    by_time = _by_time(book, kind, rows, questions)
    adapted = _adaptations(book, kind, questions, tiers)
    found = []
    for i, question in enumerate(questions):
        answer = {
            "log_j": float(log_j[i]), "width": _width(book.intervals[kind], tiers[i]), "calibration": kind,
            "estimator": fitted.values["champions"].get(tiers[i][0], "physics"), "notes": [],
        }  # fmt: skip
        if question.anchors:
            answer |= _anchored(answer, adapted[_shared(question)], question, book.intervals[kind])
        elif i in by_time:
            answer |= _timed(book, kind, tiers[i], by_time[i])
        share = joules[i] / joules[i].sum()
        found.append(
            answer
            | {
                "tiers": tiers[i],
                "interval": book.intervals[answer["calibration"]][tiers[i][0]],
                "terms": tuple((names[j], float(share[j])) for j in np.argsort(-share)[:_TERMS_SHOWN]),
                "nearest": tuple(_near(book, kind, position) for position in positions[i]),
                "notes": [*warnings_of(question.configuration, rows[i], domain), *answer["notes"]],
            }
        )
    return found


def _concluded(
    question: Question, answer: dict[str, Any], places: dict[tuple[str | None, float | None], Place],
    settings: Settings,
) -> Prediction | EcoError:  # fmt: skip
    """Return the prediction of an answer, or the refusal that its width asks for."""
    config, place = question.configuration, places[question.region, question.pue]
    refused = unsupported(config, answer["tiers"], answer["width"])
    if refused is not None:
        return refused
    log_j, notes = _limited(config, answer["log_j"], question.throughput)
    energy, co2, water, ess = quantities(config, log_j, answer["width"], place, settings)
    interval = answer["interval"]
    return Prediction(
        config, energy, co2, water, ess, answer["estimator"], tuple(answer["tiers"]), math.exp(answer["width"]),
        interval["coverage"], interval["groups_count"], interval["method"], answer["terms"],
        tuple(filter(None, answer["nearest"])), (*answer["notes"], *notes), question.assumed,
        place_sentence(config, place), len(question.anchors),
    )  # fmt: skip


def _by_champion(book: Book, kind: str, table: Columns, tiers: list[list[str]]) -> np.ndarray:
    """Return log energies, each row by the champion of its farthest tier."""
    champions = [book.fits[kind].values["champions"].get(found[0], "physics") for found in tiers]
    blends = residual.predict_blends(book.fits[kind], table, tuple(sorted(set(champions))))
    return np.array([blends[name][i] for i, name in enumerate(champions)])


def _shared(question: Question) -> Question:
    """Return what questions of one deployment with the same anchors have in common."""
    return Question(replace(question.configuration, batch_size=1.0), anchors=question.anchors)


def _adaptations(
    book: Book, kind: str, questions: list[Question], tiers: list[list[str]]
) -> dict[Question, Adaptation]:
    """Return the correction that the anchors of each deployment ask for."""
    found: dict[Question, Adaptation] = {}
    for question, tier in zip(questions, tiers, strict=True):
        if not question.anchors or _shared(question) in found:
            continue
        batches = [anchor.batch_size for anchor in question.anchors]
        measured = configuration_table([replace(question.configuration, batch_size=size) for size in batches])
        expected = _by_champion(book, kind, measured, [tier] * len(batches))
        energies = np.log([anchor.energy_per_item_j for anchor in question.anchors])
        found[_shared(question)] = adapt(np.log(batches), energies - expected)
    return found


def _anchored(
    answer: dict[str, Any], correction: Adaptation, question: Question, intervals: dict[str, Any]
) -> dict[str, Any]:
    """Return an answer moved to its anchors; anchors far outside its interval are a note."""
    batch = question.configuration.batch_size
    moved = float(correction.at(np.log([batch]))[0])
    curve = curve_of(intervals).scaled_to(answer["width"])
    left = half_widths_after(curve, [anchor.batch_size for anchor in question.anchors], [batch])
    notes = []
    if abs(correction.offset) > answer["width"]:
        notes.append(
            f"the anchors lie ×{math.exp(correction.offset):.2g} off the prediction, outside its 90 % interval: "
            f"check that they are J per {question.configuration.item_unit} at the boundary "
            f"{question.configuration.boundary}"
        )
    return {
        "log_j": answer["log_j"] + moved,
        "width": min(answer["width"], float(left[0])),
        "estimator": f"{answer['estimator']} + anchors",
        "notes": notes,
    }


def _width(intervals: dict[str, Any], tiers: list[str]) -> float:
    """Return the 90 % half-width of all tiers together [ln J]: the inside's, and what each adds, in quadrature."""
    inside = intervals["inside"]["half_width"]
    added = sum(max(intervals[tier]["half_width"] ** 2 - inside**2, 0.0) for tier in tiers if tier != VERSION)
    return math.sqrt(inside**2 + added + OTHER_VERSION_WIDTH**2 * (VERSION in tiers))


def _timed(book: Book, kind: str, tiers: list[str], log_j: float) -> dict[str, Any]:
    """Return what the timed variant answers in place of the cold prediction."""
    name = f"{kind} timed"
    return {
        "log_j": log_j, "width": _width(book.intervals[name], tiers), "estimator": "timed", "calibration": name,
    }  # fmt: skip


def _by_time(
    book: Book, kind: str, rows: list[dict[str, Any]], questions: list[Question]
) -> dict[int, float]:
    """Return the timed variant's log energies of the questions whose throughput is known, by their place."""
    at = [i for i, question in enumerate(questions) if question.throughput and not question.anchors]
    if not at or f"{kind} timed" not in book.fits:
        return {}
    seconds = [rows[i]["devices_count"] / float(questions[i].throughput or math.nan) for i in at]
    known = Columns([rows[i] | {"device_s": second} for i, second in zip(at, seconds, strict=True)])
    answers = timed.predict(book.fits[f"{kind} timed"], known)
    return dict(zip(at, map(float, answers), strict=True))


def _limited(config: Configuration, log_j: float, speed: float | None) -> tuple[float, list[str]]:
    """Return the log energy, held at TDP × time where a known speed shows that it would be above, with the reason."""
    if not speed or config.device.tdp_w is None:
        return log_j, []
    limit = math.log(1.1 * config.device.tdp_w * config.devices_count / speed)
    if log_j <= limit:
        return log_j, []
    return limit, ["the predicted power was above the devices' limit: held at 1.1 × TDP"]


def _near(book: Book, kind: str, position: int) -> dict[str, Any]:
    """Return the measured configuration at a position of the process, with its energy [J]."""
    rows = book.nearest[kind]
    if position >= len(rows):
        return {}
    row = dict(rows[position])
    return row | {"energy_per_item_j": math.exp(row.pop("log_j"))}
