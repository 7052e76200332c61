import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from collectors.scratch import scratch

_HOLD = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from collectors.scratch import scratch
with scratch("eco-test-") as folder:
    (folder / "big").write_text("x")
    print(folder, flush=True)
    signal.pause()
"""


def _holder(folder: Path) -> tuple["subprocess.Popen[str]", Path]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_cleared_and_a_living_ones_folder_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, left = _holder(tmp_path)
    living, held = _holder(tmp_path)
    try:
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        assert left.exists()
        with scratch("eco-test-") as folder:
            assert not left.exists()
            assert (held / "big").exists()
        assert not folder.exists()
    finally:
        living.kill()
        for process in (dead, living):
            process.communicate()


def test_a_path_too_long_for_a_socket_goes_to_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with scratch("eco-test-") as folder:
        assert folder.parent == Path("/tmp")
