from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("sklearn", reason="scikit-learn is in the extra [analysis]")

from collectors.commands.suite import suite
from collectors.trace.errors import EcoError
from collectors.trace.reader import open_trace

TINY = """
title = "two configurations"
[protocol]
idle_s = 0.0
first_idle_s = 0.0
warmup_s = 0.0
warmup_max_s = 0.05
infer_s = 0.1
cooldown_s = 0.0
repeats_min = 2
repeats_max = 2
[[grid]]
frameworks = ["sklearn"]
models = ["logistic_regression", "knn"]
datasets = ["blobs"]
precisions = ["fp64", "bf16"]
batch_sizes = [4]
"""


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(suite, list(arguments), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value or 0), result.output


def test_a_suite_is_recorded_in_one_trace_and_resumed_without_repeating(tmp_path: Path) -> None:
    own, out = tmp_path / "own.toml", tmp_path / "traces"
    own.write_text(TINY)
    code, text = _run(str(own), "--out", str(out))
    assert code == 0
    assert "2 of 2 configurations recorded, 0 failed" in text
    (path,) = out.glob("*.duckdb")
    con = open_trace(path)
    runs = con.execute(
        "SELECT model, repeat, status, quality_value, params_count FROM run JOIN config ON config.id = config_id "
        "WHERE status <> 'skipped' ORDER BY ALL"
    ).fetchall()
    assert runs == [
        ("knn", 0, "ok", 1.0, 150 * 8 + 150),
        ("knn", 1, "ok", 1.0, 150 * 8 + 150),
        ("logistic_regression", 0, "ok", 1.0, 4 * 8 + 4),
        ("logistic_regression", 1, "ok", 1.0, 4 * 8 + 4),
    ]
    skipped = con.execute("SELECT count(*) FROM run WHERE status = 'skipped'").fetchone()
    assert skipped == (2,)
    con.close()
    code, text = _run(str(own), "--out", str(out), "--resume")
    assert code == 0
    assert "recorded already" in text
    assert len(list(out.glob("*.duckdb"))) == 1


def test_a_dry_run_lists_counts_and_time_and_writes_nothing(tmp_path: Path) -> None:
    code, text = _run("quick", "--dry-run", "--out", str(tmp_path / "none"))
    assert code == 0
    assert "quick: 24 valid configurations" in text
    assert "model (6)" in text
    assert "estimated time" in text
    assert not (tmp_path / "none").exists()


def test_one_per_runs_the_smallest_of_each_combination() -> None:
    _, text = _run("quick", "--one-per", "precision", "--dry-run")
    assert "2 valid configurations" in text
    assert "logistic_regression digits fp64 batch 1 " in text


def test_without_a_name_the_suites_are_listed() -> None:
    _, text = _run()
    assert [line.split()[0] for line in text.splitlines()[:6]] == [
        "cpu",
        "gpu",
        "implementation",
        "kinds",
        "paper",
        "quick",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "no such suite"),
        (["cpu", "--quick"], "both"),
        (["quick", "--max-time", "2 days"], "cannot read the time"),
        (["quick", "--select", "model=gpt"], "nothing has model=gpt"),
        (["quick", "--one-per", "colour"], "no such axis: colour"),
        (["gpu", "--select", "model=resnet18"], "nothing of this suite can run here"),
    ],
)
def test_mistakes_are_told_in_one_line_with_a_hint(arguments: list[str], said: str) -> None:
    with pytest.raises(EcoError, match=said) as caught:
        _run(*arguments)
    assert caught.value.hint


def test_no_time_left_records_nothing_and_says_how_to_go_on(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TINY)
    code, text = _run(str(own), "--out", str(tmp_path / "t"), "--max-time", "0.001s")
    assert code == 0
    assert "--resume" in text
