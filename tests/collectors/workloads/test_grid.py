from dataclasses import replace
from pathlib import Path

import pytest

from collectors.trace.errors import EcoError
from collectors.workloads import WORKLOADS, case, grid
from collectors.workloads.catalogue import catalogue
from collectors.workloads.estimate import duration_s
from collectors.workloads.validity import refusal

SUITES = ("cpu", "gpu", "implementation", "kinds", "paper", "quick")


def test_quick_has_the_24_configurations_that_scikit_learn_can_do() -> None:
    quick = grid.read_suite("quick", 2)
    # six models in float64 and three of them (linear, perceptron: two) also in float32, at three batch sizes
    assert len(quick.cases) == (6 + 2) * 3
    assert len(quick.skipped) == 4 * 3
    assert all("fp32" in reason for _, reason in quick.skipped)
    assert duration_s(quick.cases, quick.protocol) < 90


@pytest.mark.parametrize("name", SUITES)
def test_suites_name_each_configuration_once_and_only_workloads_that_exist(name: str) -> None:
    cases = grid.read_suite(name, 4).cases
    assert len({one.key for one in cases}) == len(cases) > 0
    assert {(one.framework, one.modality) for one in cases} <= set(WORKLOADS)


def test_the_paper_suite_is_as_wide_as_the_paper() -> None:
    cases = grid.read_suite("paper", 4).cases
    axes = grid.per_axis(cases)
    assert len(cases) >= 1900
    assert len(axes["modality"]) >= 4
    assert len(axes["framework"]) >= 5
    assert len(axes["precision"]) >= 6
    assert len(axes["model"]) >= 25


def test_kinds_has_the_smallest_configuration_of_every_kind_of_the_paper_and_no_other() -> None:
    paper, kinds = grid.read_suite("paper", 2), grid.read_suite("kinds", 2)

    def kind(one: case.Case) -> tuple[str, ...]:
        return (one.framework, one.task, one.precision, one.device)

    assert sorted(map(kind, kinds.cases)) == sorted({kind(one) for one in paper.cases})
    assert set(kinds.cases) <= set(paper.cases)
    least = {
        one: min(grid.work(other) for other in paper.cases if kind(other) == kind(one)) for one in kinds.cases
    }
    assert all(grid.work(one) == size for one, size in least.items())
    assert not {kind(one) for one, _ in kinds.skipped} & {kind(one) for one in paper.cases}
    assert len({kind(one) for one, _ in kinds.skipped}) == len(kinds.skipped) > 0


def test_the_reference_suite_has_more_than_400_configurations_on_two_cores() -> None:
    assert len(grid.read_suite("cpu", 2).cases) >= 400


def test_all_threads_on_one_core_is_one_case_not_two() -> None:
    block = {
        "frameworks": ["xgboost"], "models": ["xgboost_trees"], "datasets": ["digits"],
        "precisions": ["fp32"], "batch_sizes": [1], "threads": [1, "all"],
    }  # fmt: skip
    assert [one.threads for one in grid.expand(block, 1, Path("x"))] == [1]
    assert [one.threads for one in grid.expand(block, 8, Path("x"))] == [1, 8]


def test_a_case_survives_json_and_its_key_follows_its_content() -> None:
    one = grid.read_suite("quick", 2).cases[0]
    assert case.from_json(case.to_json(one)) == one
    assert replace(one, batch_size=2).key != one.key
    assert case.from_json(case.to_json(one)).key == one.key


def test_select_narrows_and_says_what_there_is() -> None:
    cases = grid.read_suite("quick", 2).cases
    assert {one.model for one in grid.select(cases, ["model=knn,mlp", "batch_size=1"])} == {"knn", "mlp"}
    with pytest.raises(EcoError, match="nothing has model=bert") as caught:
        grid.select(cases, ["model=bert"])
    assert "knn" in caught.value.hint
    with pytest.raises(EcoError, match="cannot select"):
        grid.select(cases, ["colour=red"])


def test_an_unknown_suite_or_axis_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EcoError) as caught:
        grid.read_suite("quik", 2)
    assert "quick" in caught.value.hint
    own = tmp_path / "own.toml"
    own.write_text("[[grid]]\nmodles = []\n")
    with pytest.raises(EcoError, match="modles"):
        grid.read_suite(str(own), 2)
    own.write_text("[[grid\n")
    with pytest.raises(EcoError):
        grid.read_suite(str(own), 2)


def test_what_cannot_be_is_refused_with_the_reason() -> None:
    linear = grid.read_suite("quick", 2).cases[0]
    assert refusal(linear) is None
    assert "float32" in (refusal(replace(linear, precision="bf16")) or "")
    assert "not built in" in (refusal(replace(linear, framework="xgboost")) or "")
    assert "cuda" in (refusal(replace(linear, device="cuda")) or "")
    bert = replace(
        linear, model="bert-base", framework="onnxruntime", modality="text", dataset="", precision="fp16"
    )
    assert "mislabelled" in (refusal(bert) or "")
    speech = replace(
        bert,
        model="whisper-tiny",
        framework="transformers",
        precision="fp32",
        task="speech-recognition",
        modality="audio",
    )
    assert refusal(speech) is None
    assert "no variant compiled" in (refusal(replace(speech, variant="compiled")) or "")


def test_every_model_names_its_source_and_a_framework_that_exists() -> None:
    frameworks = {framework for framework, _ in WORKLOADS}
    for entry in catalogue().values():
        assert entry.source
        assert set(entry.frameworks) <= frameworks
