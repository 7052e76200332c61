"""The verbs in Python, and what `eco predict` prints: JSON by its schema, CSV, tables with refusals, own anchors."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from ecoanalysis.commands.predict import predict as command
from ecoanalysis.errors import EcoError
from ecoanalysis.models import verbs
from ecoanalysis.models.anchor_sources import anchors_of_text, own_anchors
from ecoanalysis.models.device_sheet import device_facts
from ecoanalysis.models.predict import default_book
from ecoanalysis.models.prediction import Anchor, Prediction, Question
from ecoanalysis.models.prediction_json import schema_text
from ecoanalysis.models.question import question_of
from tests.ecoanalysis.models.rows import made

ASKED = {"model": "Qwen/Qwen3-8B", "device": "NVIDIA H100 SXM5 80GB", "precision": "bf16", "batch_size": "64"}


def run(*arguments: str) -> str:
    given = [part for name, value in ASKED.items() for part in (f"--{name.replace('_', '-')}", value)]
    return CliRunner().invoke(command, [*given, *arguments], catch_exceptions=False).output


def value_of(found: Prediction) -> float:
    assert found.energy.value is not None
    return found.energy.value


def test_python_and_the_command_line_answer_alike() -> None:
    found = verbs.predict(**ASKED, region="FRA")
    printed = json.loads(run("--region", "FRA", "--json"))[0]
    assert printed["energy_j_per_item"]["value"] == value_of(found)
    assert printed["co2_g_per_item"]["value"] == found.co2.value
    with pytest.raises(TypeError, match="batchsize"):
        verbs.predict(**ASKED, batchsize=3)
    with pytest.raises(EcoError, match="fp13"):
        verbs.predict(**ASKED | {"precision": "fp13"})


def test_what_json_prints_is_what_its_schema_says() -> None:
    printed = json.loads(run("--compare", "device=H100,abacus", "--compare", "precision=bf16,nf4", "--json"))
    schema = json.loads(run("--schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(printed, schema)
    assert [("error" in one) for one in printed] == [False, False, True, True]
    assert schema == json.loads(schema_text())


def test_one_bad_row_of_a_table_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "model,batch-size,region,throughput\nQwen/Qwen3-8B,8,FRA,\nnobody/knows,8,,\nQwen/Qwen3-14B,,POL,900\n"
    )
    out = tmp_path / "out.csv"
    said = run("--csv", str(rows), "--out", str(out))
    assert "no answer for nobody/knows" in said
    with out.open() as file:
        first, bad, last = csv.DictReader(file)
    assert float(first["energy_j_per_item_low"]) < float(first["energy_j_per_item"])
    assert bad["energy_j_per_item"] == ""
    assert "unknown model" in bad["error"]
    assert last["estimator"] == "timed"
    assert last["batch_size"] == "64.0"  # an empty cell is the option's


@pytest.mark.parametrize(
    ("content", "named"),
    [("model,colour\nx,red\n", "colour"), ("model\n", "no rows"), ("model\na,b\n", "more cells")],
)
def test_a_table_that_makes_no_sense_is_refused_by_name(content: str, named: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(content)
    with pytest.raises(EcoError, match=named):
        run("--csv", str(rows))


def test_the_page_of_one_prediction_says_what_an_honest_reader_asks() -> None:
    said = run("--region", "FRA", "--suggest")
    for part in ("≈", "per token", "held-out groups it covered", "accelerator board", "(FRA", "PUE", "new here",
                 "task: chat", "Runs that would narrow this most", "eco-collect run --model Qwen3-8B"):  # fmt: skip
        assert part in said, part


def test_region_and_pue_may_differ_by_row_and_move_carbon_only() -> None:
    clean, dirty = (verbs.predict(**ASKED, region=region, pue=1.2) for region in ("FRA", "POL"))
    assert clean.energy == dirty.energy
    assert (dirty.co2.value or 0) > 5 * (clean.co2.value or 0)
    # E / 3.6e6 · PUE · intensity, by hand
    intensity = float(clean.place.split(" ")[0])
    assert clean.co2.value == pytest.approx(value_of(clean) / 3.6e6 * 1.2 * intensity, rel=0.01)
    with pytest.raises(EcoError, match=r"PUE is 0\.5"):
        verbs.predict(**ASKED, pue=0.5)


def test_anchors_are_read_from_text_and_files_in_their_units(tmp_path: Path) -> None:
    assert anchors_of_text("8=0.5,64=0.1") == (Anchor(8.0, 0.5), Anchor(64.0, 0.1))
    path = tmp_path / "runs.csv"
    path.write_text("batch_size,energy_wh\n8,0.001\n")
    assert anchors_of_text(str(path)) == (Anchor(8.0, pytest.approx(3.6)),)
    for bad in ("8=x", "8", "0=1", "8=-1", "8=nan", str(tmp_path / "none.csv")):
        with pytest.raises(EcoError):
            anchors_of_text(bad)


def test_own_runs_of_the_same_deployment_are_anchors_and_others_are_not() -> None:
    book = default_book()
    base = {"model": "Qwen3-8B", "device": "H100", "precision": "bf16", "gpus": "4", "task": "chat"}
    question = question_of(base | {"batch_size": "100"}, book)
    config = replace(question.configuration, stack="vllm 1")
    rows = made(noise=0.0)
    same, other = own_anchors([Question(config), Question(replace(config, devices_count=1))], rows)
    assert [anchor.batch_size for anchor in same.anchors] == [8.0, 32.0, 128.0, 512.0]
    assert other.anchors == ()
    assert [anchor.energy_per_item_j for anchor in same.anchors] == pytest.approx(
        [row["energy_per_item_j"] for row in rows.iter_rows(named=True)
         if row["model"] == "Qwen3-8B" and "H100" in row["device"]]
    )  # fmt: skip


def test_anchors_that_contradict_the_prediction_are_doubted() -> None:
    cold = verbs.predict(**ASKED)
    near, far = (verbs.predict(**ASKED, anchors=f"64={factor * value_of(cold)}") for factor in (1.05, 3.6e3))
    assert not any("anchors lie" in warning for warning in near.warnings)
    assert any("anchors lie" in warning for warning in far.warnings)


def test_a_data_sheet_in_a_file_answers_like_the_table(tmp_path: Path) -> None:
    known = device_facts("NVIDIA H100 SXM5 80GB")
    sheet: dict[str, Any] = {
        "name": "NVIDIA H100 SXM5 80GB", "vendor": "NVIDIA", "tdp_w": 700, "memory_gb": 80,
        "bandwidth_gb_per_s": 3350, "fp16_tflops": 989, "fp8_tflops": 1979, "fp32_tflops": 66.91, "year": 2022,
    }  # fmt: skip
    path = tmp_path / "device.json"
    path.write_text(json.dumps(sheet))
    found = device_facts(str(path))
    assert (found.memory_bytes, found.fp16_flops) == (known.memory_bytes, known.fp16_flops)
    answers = ASKED | {"device": str(path)}
    assert value_of(verbs.predict(**answers)) == pytest.approx(value_of(verbs.predict(**ASKED)), rel=0.02)
    path.write_text(json.dumps(sheet | {"name": "Brand New 1"}))
    assert "device" in verbs.predict(**answers).tiers


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"tdp_w": -1}, "tdp_w"),
        ({"tdp_w": None}, "tdp_w"),
        ({"colour": 1}, "colour"),
        ({"kind": "boat"}, "boat"),
    ],
)
def test_a_sheet_that_makes_no_sense_is_refused_by_name(
    changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    sheet = {"name": "X", "tdp_w": 300, "memory_gb": 48, "bandwidth_gb_per_s": 800, "fp16_tflops": 200}
    path = tmp_path / "device.json"
    path.write_text(json.dumps(sheet | changed))
    with pytest.raises(EcoError, match=named):
        device_facts(str(path))


def test_a_batch_whose_cache_does_not_fit_is_flagged_with_what_would() -> None:
    # Qwen3-8B: 36 layers · 8 heads · 128 · 2 · 2 bytes = 147,456 bytes a token; 2,000 tokens: 0.295 GB a sequence;
    # 80 GB − 16.4 GB of weights hold 215 of them
    found, below = (
        verbs.predict(**ASKED | {"batch_size": size}, input=1700, output=300) for size in ("220", "210")
    )
    said = next(warning for warning in found.warnings if "does not fit" in warning)
    assert int(said.rsplit("at most ", 1)[1].split(" ")[0]) == pytest.approx(215, abs=2)
    assert not any("does not fit" in warning for warning in below.warnings)


def test_an_encoder_makes_no_tokens_and_sixteen_bits_are_the_devices_own() -> None:
    book = default_book()
    encoder = question_of({"model": "bert-base-uncased", "device": "H100"}, book).configuration
    assert encoder.item_unit == "sample"
    old = question_of({"model": "Qwen3-8B", "device": "V100", "gpus": "2"}, book)
    assert old.configuration.precision == "fp16"
    asked = verbs.predict(model="Qwen3-8B", device="V100", gpus=2, precision="bf16", batch_size=8)
    assert any("emulated" in warning for warning in asked.warnings)


def test_the_format_in_a_models_name_is_the_one_that_is_predicted() -> None:
    book = default_book()
    named = question_of({"model": "llama3.1:8b-instruct-q4_K_M", "device": "H100"}, book)
    assert named.configuration.precision == "q4_k_m"
    assert "precision: q4_k_m, as the model's name says" in named.assumed
    said = question_of({"model": "Qwen/Qwen3-8B-AWQ", "device": "H100", "precision": "bf16"}, book)
    assert said.configuration.precision == "bf16"


@pytest.mark.parametrize("name", ["unsloth/Qwen3-8B-UD-Q4_K_XL.gguf", "turboderp/Qwen3-8B-exl2"])
def test_a_format_that_a_models_name_leaves_open_is_asked_for(name: str) -> None:
    with pytest.raises(EcoError, match="how many bits") as refused:
        question_of({"model": name, "device": "H100"}, default_book())
    assert "--precision" in (refused.value.hint or "")
    answers = {"model": name, "device": "H100", "precision": "q4_k_m"}
    assert question_of(answers, default_book()).configuration.precision == "q4_k_m"


def test_active_parameters_may_be_what_ess_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answers = {"model": "Mixtral-8x7B", "device": "H100", "gpus": "2", "batch_size": "64"}
    total = verbs.predict(**answers)
    (tmp_path / "eco.toml").write_text('ess_params = "active"\n')
    active = verbs.predict(**answers)
    # 12.88 of 46.70 billion parameters are active
    assert math.isclose((active.ess.value or 0) / (total.ess.value or 1), 12.8799 / 46.7028, rel_tol=1e-3)
