"""What a user installs is what was tested: the wheel is complete, and the bare one records."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ANALYSIS = (
    "altair",
    "h5py",
    "jinja2",
    "numpy",
    "pandas",
    "polars",
    "rich",
    "scipy",
    "sklearn",
    "statsmodels",
    "typst",
)
DATA = {".csv", ".css", ".gz", ".html", ".j2", ".js", ".json", ".toml", ".ttf", ".txt", ".typ", ".woff2"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("collectors", "ecoanalysis"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(out), "."]
    subprocess.run([sys.executable, "-m", "pip", *build], cwd=source, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_data_file_of_the_packages(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    wanted = [
        name
        for name in tracked.splitlines()
        if name.startswith(("collectors/", "ecoanalysis/")) and Path(name).suffix in DATA
    ]
    if not wanted:
        pytest.skip("not a git checkout: there is no list to compare with")
    assert set(wanted) <= set(zipfile.ZipFile(wheel).namelist())


def test_the_bare_wheel_records_without_the_analysis_stack(wheel: Path, tmp_path: Path) -> None:
    site, blocked = tmp_path / "site", tmp_path / "blocked"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    blocked.mkdir()
    for name in ANALYSIS:
        (blocked / f"{name}.py").write_text(f'raise ImportError("the bare install has no {name}")\n')
    env = {**os.environ, "PYTHONPATH": f"{blocked}{os.pathsep}{site}"}
    run = [
        sys.executable,
        "-m",
        "collectors",
        "run",
        "--idle",
        "0",
        "--",
        sys.executable,
        "-c",
        "print('worked')",
    ]
    done = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "worked" in done.stdout
    assert len(list(tmp_path.glob("data/traces/*.duckdb"))) == 1
