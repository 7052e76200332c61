"""The catalogue: checksums, mirrors, and no network."""

import hashlib
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import duckdb
import pytest
from click.testing import CliRunner

from ecoanalysis.cli import group
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.catalogue import (
    Dataset,
    DatasetFile,
    datasets,
    download,
    find_dataset,
    from_mirror,
)
from ecoanalysis.importers.read import read

TABLE = b"start_time,window_name,elapsed_time,gpu0_energy\n1795444130.6,step0,0.5,60.0\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """A server of one table: whole, cut off, missing, or nothing of HTTP."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/nonsense":
            self.wfile.write(b"220 mail server ready\r\n\r\n")
            return
        self.send_response({"/missing": 404, "/busy": 503, "/moved": 302}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "/table")
        self.send_header("Content-Length", str(len(TABLE)))
        self.end_headers()
        self.wfile.write(TABLE[:20] if self.path == "/cut" else TABLE)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        threading.Thread(target=http_server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http_server.server_address[1]}"
        http_server.shutdown()


def one_file(url: str, sha256: str | None) -> Dataset:
    files = (DatasetFile("zeus.csv", url, len(TABLE), sha256),)
    return Dataset("windows", "Zeus windows", "board", "MIT", url, "12345678", "nobody", files)


def test_a_fetched_file_is_whole_verified_and_not_fetched_twice(server: str, tmp_path: Path) -> None:
    dataset = one_file(f"{server}/table", hashlib.sha256(TABLE).hexdigest())
    paths, unverified = download(dataset, tmp_path)
    assert (paths[0].read_bytes(), unverified) == (TABLE, [])
    assert read(paths[0]).results["energy_j"].to_list() == [60.0]
    download(dataset, tmp_path)
    assert Handler.asked == ["/table"]


def test_a_redirect_is_followed_and_what_it_leads_to_is_verified(server: str, tmp_path: Path) -> None:
    paths, _ = download(one_file(f"{server}/moved", hashlib.sha256(TABLE).hexdigest()), tmp_path)
    assert (paths[0].read_bytes(), Handler.asked) == (TABLE, ["/moved", "/table"])


def test_a_broken_download_starts_anew(server: str, tmp_path: Path) -> None:
    with pytest.raises(EcoError):
        download(one_file(f"{server}/cut", None), tmp_path)
    assert download(one_file(f"{server}/table", None), tmp_path)[0][0].read_bytes() == TABLE


def test_what_was_fetched_elsewhere_is_a_mirror_without_checksums_named_as_such(
    server: str, tmp_path: Path
) -> None:
    dataset = one_file(f"{server}/table", None)
    download(dataset, tmp_path / "usb" / "windows")
    assert from_mirror(dataset, tmp_path / "usb") == (
        [tmp_path / "usb" / "windows" / "zeus.csv"],
        ["zeus.csv"],
    )


def test_without_a_checksum_a_file_is_named_as_unverified(server: str, tmp_path: Path) -> None:
    assert download(one_file(f"{server}/table", None), tmp_path)[1] == ["zeus.csv"]


@pytest.mark.parametrize(
    ("path", "sha256", "complaint", "advice"),
    [
        ("/table", "0" * 64, "not the bytes", "eco datasets fetch windows --mirror PATH"),
        ("/cut", None, "broke off after 20|cannot fetch", "eco datasets fetch windows"),
        ("/missing", None, "404 Not Found", "taken it away.*eco datasets fetch windows --mirror PATH"),
        ("/busy", None, "503 Service Unavailable", "again later: eco datasets fetch windows$"),
        ("/nonsense", None, "cannot fetch", "--mirror PATH"),
    ],
)
def test_a_wrong_or_broken_download_leaves_nothing_behind(
    server: str, tmp_path: Path, path: str, sha256: str | None, complaint: str, advice: str
) -> None:
    with pytest.raises(EcoError, match=complaint) as caught:
        download(one_file(server + path, sha256), tmp_path)
    assert re.search(advice, caught.value.hint)
    assert not list(tmp_path.iterdir())


def test_every_dataset_has_origin_licence_and_a_pinned_commit() -> None:
    for dataset in datasets():
        assert dataset.licence
        assert dataset.citation
        assert len(dataset.commit) >= 8
        assert dataset.files


def test_the_list_says_origin_licence_size_and_how_much_is_verifiable() -> None:
    listed = CliRunner().invoke(group, ["datasets"]).output
    assert (
        "dosgroup_gpu_power_training  [mirror only, 0.1 MB of known size, checksums of 1 of 1 files]"
        in listed
    )
    assert "MIT; https://github.com/dos-group/gpu_power_benchmark @ 42c72e6e" in listed


def test_a_mirror_is_verified_and_imported(shared_data: Path, tmp_path: Path) -> None:
    arguments = [
        "datasets",
        "fetch",
        "mlenergy_v3",
        "--mirror",
        str(shared_data),
        "--database",
        str(tmp_path / "eco.duckdb"),
    ]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0
    assert "2 files imported with 1239 rows" in done.output
    assert "0 files imported with 0 rows, 2 already there" in CliRunner().invoke(group, arguments).output


def fetching(tmp_path: Path) -> list[str]:
    """Return the command that fetches the set `d` from a mirror into a database, both in the folder."""
    return f"datasets fetch d --mirror {tmp_path} --database {tmp_path / 'eco.duckdb'}".split()


def test_what_the_catalogue_knows_of_a_set_stands_in_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run table names no licence; its set does, and every set's must be in the database."""
    (tmp_path / "runs.csv").write_text(TABLE.decode())
    known = Dataset(
        "d",
        "t",
        "b",
        "MIT",
        "https://example.org",
        "c",
        "A. Author",
        (DatasetFile("runs.csv", None, 1, None),),
    )
    monkeypatch.setattr("ecoanalysis.importers.catalogue.datasets", lambda: [known])
    assert "1 of 1 files; licence: MIT" in CliRunner().invoke(group, fetching(tmp_path)).output
    con = duckdb.connect(str(tmp_path / "eco.duckdb"), read_only=True)
    row = con.execute("SELECT licence, citation, url FROM source").fetchall()
    con.close()
    assert row == [("MIT", "A. Author", "https://example.org")]


def test_a_set_with_one_file_that_nobody_can_read_lands_the_others_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs.csv").write_text(TABLE.decode())
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    files = tuple(DatasetFile(name, None, 1, None) for name in ("odd.csv", "runs.csv", "lost.csv"))
    known = Dataset("d", "t", "b", "MIT", "https://example.org", "c", "A. Author", files)
    monkeypatch.setattr("ecoanalysis.importers.catalogue.datasets", lambda: [known])
    done = CliRunner().invoke(group, fetching(tmp_path))
    assert "1 files imported with 1 rows" in done.output
    assert "1 of its 3 files are not there: lost.csv" in done.output
    assert "odd.csv" in str(done.exception or done.output)
    con = duckdb.connect(str(tmp_path / "eco.duckdb"), read_only=True)
    measured = con.execute("SELECT count(*) FROM measurement").fetchall()
    con.close()
    assert measured == [(1,)]


def test_a_damaged_mirror_is_refused(shared_data: Path, tmp_path: Path) -> None:
    shutil.copytree(
        shared_data / "argonne_llm_inference_bench_power", tmp_path / "copy", copy_function=shutil.copyfile
    )
    path = tmp_path / "copy" / "power_results.csv"
    path.write_text(path.read_text().replace("222122", "222123"))
    with pytest.raises(EcoError, match="not the bytes"):
        from_mirror(find_dataset("argonne_llm_inference_bench_power"), tmp_path / "copy")


def test_without_network_the_hint_is_the_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(EcoError, match="cannot fetch") as caught:
        download(find_dataset("mlenergy_v3"), tmp_path)
    assert "--mirror" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_what_only_a_mirror_has_says_so(tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="no file that imports"):
        download(find_dataset("luccioni_co2_inference"), tmp_path)


def test_an_unknown_name_gets_names_like_it() -> None:
    with pytest.raises(EcoError) as caught:
        find_dataset("mlenergy")
    assert "mlenergy_v3" in caught.value.hint
