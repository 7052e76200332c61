"""Public data sets that we can read: what they are, where they lie, and how to know that a copy is whole."""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.table import count, read_rows
from ecoanalysis.importers.contract import Source
from ecoanalysis.importers.head import sha256_of

_PACKAGE = "ecoanalysis.importers"
_TIMEOUT_S = 60
_LIMIT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """One file of a data set; `url` None: only a mirror has it. `sha256` None: no checksum is known."""

    name: str
    url: str | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A public data set with its origin at a pinned commit."""

    name: str
    title: str
    boundary: str
    licence: str
    url: str
    commit: str
    citation: str
    files: tuple[DatasetFile, ...]

    @property
    def size_bytes(self) -> int:
        """The size of the files whose size is known."""
        return sum(file.size_bytes or 0 for file in self.files)

    @property
    def downloadable(self) -> bool:
        """Whether some of it can be fetched by URL."""
        return any(file.url for file in self.files)

    def origin(self, source: Source) -> Source:
        """Return a source with the licence, citation and address of this set, where its file states no licence."""
        if source.licence is not None:
            return source
        return replace(source, licence=self.licence, citation=self.citation, url=self.url)


def datasets() -> list[Dataset]:
    """Return the catalogue in its order."""
    files: dict[str, list[DatasetFile]] = {}
    for row in read_rows(_PACKAGE, "dataset_files"):
        file = DatasetFile(row["file"], row["url"] or None, count(row["bytes"]), row["sha256"] or None)
        files.setdefault(row["dataset"], []).append(file)
    return [
        Dataset(
            row["name"], row["title"], row["boundary"], row["licence"], row["url"], row["commit"],
            row["citation"], tuple(files.get(row["name"], ())),
        )
        for row in read_rows(_PACKAGE, "datasets")
    ]  # fmt: skip


def find_dataset(name: str) -> Dataset:
    """Return a data set by name; raises `EcoError` with names that look alike."""
    known = {dataset.name: dataset for dataset in datasets()}
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.3)
        raise EcoError(
            f"no data set {name!r}", f"like it: {', '.join(near)}" if near else "eco datasets lists them"
        )
    return known[name]


def from_mirror(dataset: Dataset, mirror: Path) -> tuple[list[Path], list[str]]:
    """Return the files of a data set in a local copy (its folder, or one that holds it), as `download` does.

    A copy of what `download` wrote elsewhere will do. Raises `EcoError` when none is there, or one has other bytes
    than the catalogue says.
    """
    folder = mirror / dataset.name if (mirror / dataset.name).is_dir() else mirror
    sums = {
        file.name: file.sha256 for file in sorted(dataset.files, key=lambda file: file.sha256 is not None)
    }
    found = [path for path in (sorted(folder.rglob("*")) if folder.is_dir() else []) if path.name in sums]
    if not found:
        raise EcoError(
            f"no file of {dataset.name} in {mirror}", f"it should hold {', '.join(list(sums)[-3:])}"
        )
    for path in found:
        _verify(path, sums[path.name])
    return found, [path.name for path in found if sums[path.name] is None]


def download(dataset: Dataset, folder: Path) -> tuple[list[Path], list[str]]:
    """Fetch the files that have a URL into a folder; return (paths, names of those that no checksum vouches for).

    A file that is there already is kept when its checksum is known and right. Raises `EcoError` without network.
    """
    wanted = [file for file in dataset.files if file.url]
    if not wanted:
        raise EcoError(
            f"{dataset.name}: upstream has no file that imports as it is",
            f"get a copy, then: eco datasets fetch {dataset.name} --mirror PATH",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    paths, unverified = [], []
    for file in wanted:
        path = folder / file.name
        if not (path.is_file() and file.sha256 and sha256_of(path) == file.sha256):
            _fetch(str(file.url), path, file.sha256, f"eco datasets fetch {dataset.name}")
        if not file.sha256:
            unverified.append(file.name)
        paths.append(path)
    return paths, unverified


def _fetch(url: str, path: Path, sha256: str | None, command: str) -> None:
    """Write what a URL gives to a file: whole and with its checksum, or not at all; `command` fetches it again."""
    part, mirror = path.with_name(path.name + ".part"), f"name a local copy: {command} --mirror PATH"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer, part.open("wb") as out:
            promised, done = answer.headers.get("Content-Length"), 0
            while block := answer.read(1 << 16):
                done += len(block)
                if done > _LIMIT_BYTES:
                    raise EcoError(
                        f"{url}: larger than {_LIMIT_BYTES >> 20} MiB: not the file of the catalogue", mirror
                    )
                out.write(block)
        if promised is not None and done != int(promised):
            raise EcoError(
                f"{url}: broke off after {done} of {promised} bytes; nothing kept", f"again: {command}"
            )
        if sha256 and sha256_of(part) != sha256:
            raise EcoError(
                f"{url}: not the bytes that the catalogue names", f"the file behind it has changed: {mirror}"
            )
        part.replace(path)
    except urllib.error.HTTPError as error:
        gone = error.code in (403, 404, 410, 451)
        hint = f"its origin has taken it away: {mirror}" if gone else f"again later: {command}"
        raise EcoError(f"cannot fetch {url} ({error.code} {error.reason})", hint) from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise EcoError(f"cannot fetch {url} ({reason})", f"without network, {mirror}") from error
    finally:
        part.unlink(missing_ok=True)


def _verify(path: Path, sha256: str | None) -> None:
    """Raise `EcoError` unless a file has the checksum."""
    if sha256 and sha256_of(path) != sha256:
        raise EcoError(
            f"{path}: not the bytes that the catalogue names", "the copy is damaged or of another version"
        )
