"""Files that hold no table or log as they are: archives, workbooks, databases, web pages; each with the way out."""

from pathlib import Path

from ecoanalysis.errors import EcoError

_SHEET = "save the sheet as CSV (File, Save as, CSV UTF-8), then: eco import {stem}.csv"
_ARCHIVE = "unpack it, then import the folder: {unpack}; eco import {stem}"
# What stands at which byte, what the file is, and what to do: {path} and {stem} are the file's, without its ending.
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", _SHEET),
    (257, b"ustar", "a tar archive", _ARCHIVE.replace("{unpack}", "mkdir {stem}; tar xf {path} -C {stem}")),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _ARCHIVE.replace("{unpack}", "7z x -o{stem} {path}")),
    (0, b"Rar!\x1a\x07", "a rar archive", _ARCHIVE.replace("{unpack}", "unrar x {path} {stem}/")),
    (0, b"\x28\xb5\x2f\xfd", "compressed by zstd", "unpack it: zstd -d {path}; eco import {stem}"),
    (8, b"DUCK", "a DuckDB file", "a recording of ours is gathered by: eco combine {path}"),
    (
        0,
        b"SQLite format 3\0",
        "an SQLite database",
        "write its table as CSV: sqlite3 -header -csv {path} 'SELECT * FROM TABLE' > {stem}.csv",
    ),
    (
        0,
        b"version https://git-lfs",
        "a Git LFS pointer, the data are elsewhere",
        "in its repository: git lfs pull",
    ),
)
_ZIPPED = (
    (b"xl/", "an Excel workbook", _SHEET),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet", _SHEET),
    (b"", "a zip archive", _ARCHIVE.replace("{unpack}", "unzip -d {stem} {path}")),
)
_DRAWN = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"RIFF")


def refuse_container(path: Path, data: bytes) -> None:
    """Raise `EcoError` for the first bytes of a file that must be unpacked, saved or exported before it is read."""
    found = next(((what, how) for at, magic, what, how in _MAGIC if data[at:].startswith(magic)), None)
    if data.startswith(b"PK\x03\x04"):
        found = next((what, how) for mark, what, how in _ZIPPED if mark in data)
    if found:
        what, how = found
        raise EcoError(f"{path}: {what}", how.format(path=path, stem=_stem(path)))


def refuse_no_data(path: Path, text: str) -> None:
    """Raise `EcoError` for a file of no known format that is a web page, or bytes that are no text."""
    if text.lstrip().lower().startswith(("<!doctype html", "<html")):
        raise EcoError(
            f"{path}: a web page, not the data",
            "download the file itself (on GitHub: the button Raw), then import that",
        )
    start = text[:4000]
    if (
        sum(not (sign.isprintable() or sign.isspace()) or sign == "\ufffd" for sign in start)
        > len(start) / 20
    ):
        raise EcoError(
            f"{path}: a binary file of no kind that we know",
            "export it as CSV or text; formats: eco import --formats",
        )


def is_drawn(data: bytes) -> bool:
    """Say whether a file is a picture or a typeset document."""
    return data.startswith(_DRAWN)


def _stem(path: Path) -> str:
    """Return a path without its endings of one word, for a name that a command makes of it."""
    stem = path.with_suffix("")
    return str(stem.with_suffix("") if stem.suffix == ".tar" else stem)
