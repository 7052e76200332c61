"""The studies' answers, asked again only when the measurements, the settings or the code have changed."""

import contextlib
import hashlib
import pickle
from typing import TYPE_CHECKING

from ecoanalysis.report import cache
from ecoanalysis.store.freshness import code_digest
from ecoanalysis.studies import load_study

if TYPE_CHECKING:
    import polars as pl

    from ecoanalysis.records import StudyResult
    from ecoanalysis.settings import Settings

# What the reader of pickles raises of damaged ones, by its own documentation and by what it calls.
_DAMAGE = (pickle.UnpicklingError, EOFError, AttributeError, ImportError, LookupError, TypeError, ValueError)


def measurements_digest(frame: "pl.DataFrame", settings: "Settings") -> str:
    """Return the hash of all that decides the studies' answers."""
    rows = frame.write_ndjson().encode()  # not IPC: what lies under its nulls differs from time to time
    hours = settings.hours.read_bytes() if settings.hours and settings.hours.is_file() else b""
    said = repr(settings).encode()
    return hashlib.sha256(b"\0".join([code_digest().encode(), said, hours, rows])).hexdigest()


def answer(name: str, frame: "pl.DataFrame", settings: "Settings", digest: str) -> "StudyResult":
    """Return what a study finds in a frame; `digest` is `measurements_digest` of both.

    The answer is kept in the user's own cache, which is as trusted as the code that reads it.
    """
    key = f"{name}-{digest[:32]}.study"
    if kept := cache.stored(key):
        with contextlib.suppress(*_DAMAGE):  # a damaged file is worked out anew
            found: StudyResult = pickle.loads(kept)
            return found
    found = load_study(name)(frame, settings)
    cache.keep(key, pickle.dumps(found))
    return found
