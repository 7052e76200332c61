"""The catalogue: checksums, mirrors, and no network."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.cli import group
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.catalogue import datasets, download, find_dataset, from_mirror


def test_every_dataset_has_origin_licence_and_a_pinned_commit() -> None:
    for dataset in datasets():
        assert dataset.licence
        assert dataset.citation
        assert len(dataset.commit) >= 8
        assert dataset.files


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
