"""Files that the kernel writes: read once, or kept open and read again at 1 µs instead of 22."""

import os
from pathlib import Path


class KernelFile:
    """A file of /proc or /sys that stays open. Raises `OSError` where it cannot be opened or read."""

    def __init__(self, path: Path, size_bytes: int = 4096) -> None:
        self._size_bytes = size_bytes
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> bytes:
        """Return the content now, up to the size given."""
        return os.pread(self._descriptor, self._size_bytes, 0)

    def read_int(self) -> int:
        """Return the content as a number; a file that says anything else raises `OSError`."""
        content = self.read()
        try:
            return int(content)
        except ValueError:
            raise OSError(f"not a number: {content[:40]!r}") from None

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_text(path: Path) -> str | None:
    """Return a small file's stripped text, None where it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def read_number(path: Path) -> int | None:
    """Return a small file's whole number, None where there is none."""
    text = read_text(path)
    try:
        return int(text) if text else None
    except ValueError:
        return None


def open_number(path: Path) -> KernelFile | None:
    """Return the file kept open if it shows a number now, else None."""
    try:
        file = KernelFile(path)
    except OSError:
        return None
    try:
        file.read_int()
    except OSError:
        file.close()
        return None
    return file


def list_folder(path: Path) -> list[Path]:
    """Return the entries of a folder in the order of their numbers, [] where there is none."""
    try:
        return sorted(path.iterdir(), key=lambda entry: _natural(entry.name))
    except OSError:
        return []


def _natural(name: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    digits = ""
    for letter in f"{name}\0":
        if letter.isdigit():
            digits += letter
            continue
        if digits:
            parts.append((int(digits), ""))
            digits = ""
        parts.append((-1, letter))
    return parts
