"""The beginning of a file, decompressed and decoded, for the importers to recognise it by."""

import bz2
import csv
import gzip
import hashlib
import io
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.containers import refuse_container

_HEAD_BYTES = 1 << 16
# A table that is read whole must fit in memory a few times over; logs are streamed and have no limit.
WHOLE_LIMIT_BYTES = 1 << 29
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/|[^\n]*\.git/annex/objects/")
_DAMAGED = (OSError, EOFError, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file. `text` is decoded leniently; `columns` is its first line, parted at `separator`."""

    path: Path
    data: bytes
    text: str
    encoding: str
    columns: tuple[str, ...]
    separator: str = ","

    @property
    def lines(self) -> list[str]:
        """The complete lines of the head."""
        lines = self.text.splitlines()
        return lines[:-1] if len(self.data) >= _HEAD_BYTES else lines

    def has(self, *names: str) -> bool:
        """Say whether the first line has all these columns."""
        return set(names) <= set(self.columns)


def open_head(path: Path) -> Head:
    """Return the head of a file; raises `EcoError` when there is no such file, or nothing in it."""
    if not path.is_file():
        raise EcoError(f"no such file: {path}", "check the path")
    try:
        with open_bytes(path) as stream:
            data = stream.read(_HEAD_BYTES)
    except _DAMAGED as error:
        raise EcoError(f"{path}: cannot be read ({error})", "the file is damaged or not readable") from error
    if not data.strip(b"\0 \r\n\t"):
        raise EcoError(f"{path}: the file is empty", "check that the tool that wrote it ended well")
    refuse_container(path, data)
    if _POINTER.match(data):
        raise EcoError(
            f"{path}: a pointer to the file, not the file", f"git lfs pull, or git annex get {path.name}"
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    first = next((line for line in text.splitlines() if line.strip()), "")
    # A spreadsheet of a country with decimal commas parts cells by semicolons, a copied range by tabs.
    separator = max(",;\t", key=first.count)
    cells = csv.reader([first.replace("\0", "")], delimiter=separator)
    return Head(path, data, text, encoding, tuple(name.strip() for name in next(cells, [])), separator)


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, decompressed by its magic number (xz, gzip, bzip2)."""
    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic.startswith(b"\xfd7zXZ\0"):
        return lzma.open(path, "rb")
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if magic.startswith(b"BZh"):
        return bz2.open(path, "rb")
    return path.open("rb")


def read_whole(head: Head) -> bytes:
    """Return all bytes of a file, decompressed; raises `EcoError` above `WHOLE_LIMIT_BYTES`."""
    try:
        with open_bytes(head.path) as stream:
            data = stream.read(WHOLE_LIMIT_BYTES + 1)
    except _DAMAGED as error:
        raise EcoError(
            f"{head.path}: cannot be read ({error})", "the file is damaged or not readable"
        ) from error
    if len(data) > WHOLE_LIMIT_BYTES:
        raise EcoError(
            f"{head.path}: more than {WHOLE_LIMIT_BYTES >> 20} MiB", "split the file and import the parts"
        )
    return data


def read_text(head: Head) -> str:
    """Return all text of a file; bytes that are no text become U+FFFD."""
    return read_whole(head).decode(head.encoding, errors="replace").replace("\0", "")


def line_chunks(head: Head, chunk_bytes: int = 1 << 24) -> Iterator[bytes]:
    """Yield the file as UTF-8 chunks that end at line ends, so that a log of any size streams through."""
    if head.encoding == "utf-16":
        yield read_text(head).encode()
        return
    rest = b""
    try:
        with open_bytes(head.path) as stream:
            while block := stream.read(chunk_bytes):
                block = rest + block.replace(b"\0", b"")
                end = block.rfind(b"\n") + 1
                rest = block[end:]
                if len(rest) > chunk_bytes:
                    raise EcoError(
                        f"{head.path}: a line of more than {chunk_bytes >> 20} MiB", "this is not a log"
                    )
                if end:
                    yield block[:end].removeprefix(b"\xef\xbb\xbf")
    except _DAMAGED as error:
        raise EcoError(
            f"{head.path}: cannot be read ({error})", "the file is damaged or not readable"
        ) from error
    if rest.strip():
        yield rest + b"\n"


def sha256_of(*paths: Path) -> str:
    """Return the SHA-256 of the files' bytes, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def decoded(data: bytes) -> io.BytesIO:
    """Return bytes as a stream that polars reads as UTF-8, whatever bytes are in it."""
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("utf-8", errors="replace").encode()
    return io.BytesIO(data)
