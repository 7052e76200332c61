"""What was expensive and is made anew only when its inputs change: files in the user's cache, named by content."""

import contextlib
import os
from pathlib import Path

_MOST_BYTES = 60 * 2**20


def stored(name: str) -> bytes | None:
    """Return the content kept under a name, None where there is none; it counts as used now."""
    path = _folder() / name
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def keep(name: str, content: bytes) -> None:
    """Keep content under a name that holds the hash of all that decides it; a cache that cannot be written is none."""
    path = _folder() / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(content)
        part.replace(path)


def trim() -> None:
    """Remove what was not used for longest, until the rest fits."""
    with contextlib.suppress(OSError):
        files = sorted(_folder().iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
        size = 0
        for file in files:
            size += file.stat().st_size
            if size > _MOST_BYTES:
                file.unlink(missing_ok=True)


def _folder() -> Path:
    """Return the folder: in ECO_CACHE, or in the user's cache."""
    base = os.environ.get("ECO_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ecoanalysis" / "report"
