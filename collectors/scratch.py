"""Folders that live as long as the process that made them; what a killed process left, the next one clears."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

_ALIVE = "alive"  # its maker holds this file's lock, which the kernel takes back whatever ends the process
_MOST_SWEPT = 32  # a start must stay quick
_LONGEST = 90  # characters: a socket's path within has at most 107


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Make a folder for the block, with a path short enough for a socket in it; first clear what was left of others."""
    _sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if len(str(folder)) > _LONGEST:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        with (folder / "new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "new").rename(
                folder / _ALIVE
            )  # only now: no moment in which it is there and not locked
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(prefix: str) -> None:
    """Remove folders of the same prefix whose maker is gone; of other users' and older kinds none can be told."""
    for path in islice(Path(tempfile.gettempdir()).glob(f"{prefix}*/{_ALIVE}"), _MOST_SWEPT):
        with contextlib.suppress(OSError), path.open("r+") as lock:  # locked, somebody else's, or gone by now
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parent, ignore_errors=True)
