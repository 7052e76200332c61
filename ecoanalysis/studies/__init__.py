"""The studies, one file per question; to add one, write its file and list it in `STUDIES`.

A study is a function `run(frame, settings) -> StudyResult` of the frame that `ecoanalysis.studies.frame.load`
returns. It names its charts as data; it draws nothing.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from ecoanalysis.records import StudyResult
    from ecoanalysis.settings import Settings

# name -> (module, question)
STUDIES: dict[str, tuple[str, str]] = {
    "quantization": ("ecoanalysis.studies.quantization", "Does quantization save energy, and raise ESS?"),
    "mismatch": ("ecoanalysis.studies.mismatch", "Are huge accelerators inefficient for light models?"),
    "implementation": ("ecoanalysis.studies.implementation", "What does a poor implementation cost?"),
    "scaling": ("ecoanalysis.studies.scaling", "How does energy grow with model size and batch?"),
    "place": ("ecoanalysis.studies.place", "Where should it run: carbon against water?"),
    "quality": ("ecoanalysis.studies.quality", "How far can these measurements be trusted?"),
}


def load_study(name: str) -> "Callable[[pl.DataFrame, Settings], StudyResult]":
    """Import one study and return its `run`."""
    run: Callable[[pl.DataFrame, Settings], StudyResult] = import_module(STUDIES[name][0]).run
    return run
