"""The verbs of the command line as functions: predict, suggest, fit, validate."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecoanalysis.errors import EcoError
from ecoanalysis.models.anchor_sources import OWN, own_anchors
from ecoanalysis.models.fit import Book
from ecoanalysis.models.predict import default_book, predict_each
from ecoanalysis.models.prediction import Prediction, Question
from ecoanalysis.models.question import question_of
from ecoanalysis.models.suggest import Suggestion
from ecoanalysis.models.suggest import suggest as _suggest
from ecoanalysis.settings import Settings, load_settings

if TYPE_CHECKING:
    import polars as pl

ANSWERS = (
    "model", "device", "precision", "batch_size", "gpus", "input", "output", "resolution", "steps", "frames",
    "framework", "task", "item", "scenario", "throughput", "anchors", "region", "pue",
)  # fmt: skip


def predict(**answers: object) -> Prediction:
    """Return the prediction of one configuration; the names are the options of `eco predict`.

    >>> found = predict(model="Qwen/Qwen3-8B", device="H100", batch_size=64, region="FRA")
    >>> found.energy.low < found.energy.value < found.energy.high
    True

    Raises `EcoError` where the command would refuse, and `TypeError` for an unknown name.
    """
    settings = load_settings()
    found = predict_rows([_known(answers)], settings, default_book(settings.database))[0]
    if isinstance(found, EcoError):
        raise found
    return found


def predict_many(rows: Iterable[Mapping[str, object]]) -> list[Prediction | EcoError]:
    """Return a prediction per row of answers (see `predict`), or the error that says why it gets none."""
    settings = load_settings()
    return predict_rows([_known(row) for row in rows], settings, default_book(settings.database))


def suggest(found: Sequence[Prediction], count: int = 3) -> Suggestion:
    """Return the `count` runs that would narrow the first prediction's deployment most."""
    return _suggest(found, default_book(load_settings().database), count)


def fit(database: Path | None = None) -> Book:
    """Return the fits of everything that the database holds. Raises `EcoError` where it holds too little."""
    from ecoanalysis.models.train import train

    return train(_measurements(database))


def validate(database: Path | None = None) -> "pl.DataFrame":
    """Return how well every estimator predicts held-out groups of the database: see `models.validate`."""
    from ecoanalysis.models.validate import validate as run

    return run(_measurements(database))


def predict_rows(
    rows: Sequence[Mapping[str, Any]], settings: Settings, book: Book
) -> list[Prediction | EcoError]:
    """Return a prediction per row of answers, or the error in it; `anchors` "own" are those of the database.

    Raises `EcoError` for own anchors without any measured run of a deployment asked about.
    """
    found: list[Prediction | EcoError | None] = [None] * len(rows)
    questions: dict[int, Question] = {}
    for i, row in enumerate(rows):
        try:
            questions[i] = question_of(row, book)
        except EcoError as error:
            found[i] = error
    own = [i for i in questions if rows[i].get("anchors") == OWN]
    if own:
        questions |= dict(zip(own, _with_own([questions[i] for i in own], settings), strict=True))
    answers = predict_each(list(questions.values()), settings, book=book)
    for i, answer in zip(questions, answers, strict=True):
        found[i] = answer
    return [one for one in found if one is not None]


def _with_own(questions: list[Question], settings: Settings) -> list[Question]:
    """Return questions with the anchors that the database holds. Raises `EcoError` where it holds none of any."""
    found = own_anchors(questions, _measurements(settings.database))
    if not any(question.anchors for question in found):
        raise EcoError(
            "the database holds no measured run of this deployment",
            "name its --task, --framework and --gpus as they ran; eco predict … --suggest says what to measure",
        )
    return found


def _measurements(database: Path | None) -> "pl.DataFrame":
    """Return the measurements of a database. Raises `EcoError` where there is none."""
    from ecoanalysis.store.database import open_database
    from ecoanalysis.store.queries import measurements

    path = database or load_settings().database
    if not path.is_file():
        raise EcoError(f"no database at {path}", "eco combine, or eco import FILE")
    return measurements(open_database(path, read_only=True))


def _known(answers: Mapping[str, object]) -> dict[str, object]:
    """Return answers whose names are all known."""
    if unknown := sorted(set(answers) - set(ANSWERS)):
        raise TypeError(f"unknown answers {', '.join(unknown)}; known: {', '.join(ANSWERS)}")
    return dict(answers)
