"""`eco predict`, its Python interface, its refusals and its first-day fits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.commands.predict import predict as command
from ecoanalysis.errors import EcoError
from ecoanalysis.models.model_config import model_facts
from ecoanalysis.models.predict import Anchor, default_book, predict
from ecoanalysis.models.prediction_json import schema_text
from ecoanalysis.models.question import ask
from ecoanalysis.models.splits import TIERS
from ecoanalysis.models.train import train
from ecoanalysis.settings import Settings
from tests.ecoanalysis.models.rows import made

ANSWERS = {
    "model": "Qwen/Qwen3-8B",
    "device": "NVIDIA H100 SXM5 80GB",
    "precision": "bf16",
    "batch_size": "64",
}
QWEN3_8B = {  # config.json of Qwen/Qwen3-8B: 8,190,735,360 parameters by its model card
    "model_type": "qwen3", "num_hidden_layers": 36, "hidden_size": 4096, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 12288, "vocab_size": 151936,
}  # fmt: skip


def answer(**changed: str) -> str:
    book = default_book()
    config, _ = ask(ANSWERS | changed, book)
    found = predict([config], Settings(), book=book)
    return str(found[0].energy.value)


def test_shipped_fits_answer_on_the_first_day_with_an_honest_interval() -> None:
    book = default_book()
    config, _ = ask(ANSWERS, book)
    found = predict([config], Settings(region="FRA"), book=book)[0]
    energy = found.energy
    assert energy.basis == "estimated"
    assert energy.low is not None
    assert energy.high is not None
    assert energy.value == pytest.approx(0.15, rel=0.6)
    assert energy.low < energy.value < energy.high
    assert found.tiers == ("arch",)
    assert found.groups_count >= 9
    assert sum(share for _, share in found.terms) <= 1
    assert found.co2.value == pytest.approx(
        energy.value / 3.6e6 * (found.co2.value or 0) / energy.value * 3.6e6
    )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"model": "-7e9"}, "parameters"),
        ({"precision": "fp13"}, "fp13"),
        ({"batch_size": "0"}, "batch size"),
        ({"batch_size": "nan"}, "batch size"),
        ({"model": "meta-llama/Llama-3.1-405B-Instruct"}, "does not fit"),
        ({"model": "nobody/knows-this"}, "unknown model"),
        ({"device": "abacus"}, "unknown device"),
        ({"gpus": "0"}, "devices count"),
        ({"output": "-3"}, "output tokens"),
        ({"device": ""}, "no device"),
    ],
)
def test_nonsense_is_refused_by_name(changed: dict[str, str], named: str) -> None:
    with pytest.raises(EcoError, match=named) as caught:
        answer(**changed)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("changed", "stack", "batch_size"),
    [
        ({"model": "bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"}, "llama.cpp", 1.0),
        ({"precision": "q8_0"}, "llama.cpp", 1.0),
        ({"precision": "q8_0", "framework": "vllm"}, "vllm mlenergy_v2", 32.0),
        (
            {"model": "unsloth/gemma-3-12b-it-bnb-4bit"},
            "transformers+bitsandbytes ecocompute_quantenergy",
            32.0,
        ),
        ({"model": "Qwen/Qwen3-8B-AWQ"}, "vllm mlenergy_v2", 32.0),
    ],
)
def test_a_format_of_one_software_implies_it(changed: dict[str, str], stack: str, batch_size: float) -> None:
    asked = {"model": ANSWERS["model"], "device": ANSWERS["device"]} | changed
    config, assumed = ask(asked, default_book())
    assert (config.stack, config.batch_size) == (stack, batch_size)
    assert any(line.startswith(f"software stack: {stack}") for line in assumed)


def test_doubts_are_said_in_the_result() -> None:
    book = default_book()
    config, _ = ask(
        ANSWERS | {"batch_size": "100000", "precision": "fp8", "device": "NVIDIA A100 SXM4 80GB"}, book
    )
    said = " ".join(predict([config], Settings(), book=book)[0].warnings)
    assert "batch 100000" in said
    assert "emulated" in said
    assert "no measurement of precision fp8" in said


def test_farther_extrapolations_are_wider() -> None:
    book = default_book()
    known, _ = ask(ANSWERS | {"model": "Llama-3.1-8B", "task": "chat"}, book)
    new, _ = ask(ANSWERS | {"model": "Llama-3.1-8B", "device": "NVIDIA L40S", "framework": "nobody 9"}, book)
    near, far = predict([known, new], Settings(), book=book)
    assert near.tiers == ("inside",)
    assert far.tiers[:2] == ("stack", "device")
    assert far.half_width_ratio > near.half_width_ratio


def test_parts_that_were_only_measured_apart_are_a_new_combination() -> None:
    book = default_book()
    known, _ = ask(ANSWERS | {"model": "Llama-3.1-8B", "task": "chat"}, book)
    apart, _ = ask(ANSWERS | {"model": "Llama-3.1-8B", "task": "chat", "gpus": "3"}, book)
    longer, _ = ask(ANSWERS | {"model": "Llama-3.1-8B", "task": "chat", "input": "4000"}, book)
    inside, new, long = predict([known, apart, longer], Settings(), book=book)
    assert inside.tiers == ("inside",)
    assert new.tiers == long.tiers == ("combination",)
    assert new.half_width_ratio > inside.half_width_ratio


def test_an_anchor_moves_and_narrows_the_answer() -> None:
    book = default_book()
    config, _ = ask(ANSWERS, book)
    cold = predict([config], Settings(), book=book)[0]
    value = cold.energy.value or 0.0
    warm = predict([config], Settings(), book=book, anchors=[Anchor(64.0, 2 * value)])[0]
    assert warm.energy.value == pytest.approx(2 * value, rel=0.1)
    assert warm.half_width_ratio < cold.half_width_ratio


def test_a_config_json_gives_the_facts_of_the_model_card(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(QWEN3_8B))
    facts, _ = model_facts(str(path))
    assert facts.params_count == pytest.approx(8_190_735_360, rel=1e-3)
    assert facts.kv_heads_count == 8
    path.write_text(json.dumps({"hidden_size": 12}))
    with pytest.raises(EcoError, match="num_hidden_layers"):
        model_facts(str(path))


def test_own_fits_replace_the_shipped_ones(tmp_path: Path) -> None:
    from ecoanalysis.models.fit import read_book, write_book

    book = train(made().head(60))
    write_book(book, tmp_path / "fits" / "current.json")
    assert default_book(tmp_path / "eco.duckdb") == read_book(tmp_path / "fits" / "current.json")
    assert book.intervals["token"]["arch"]["groups_count"] > 3


def test_command_prints_json_compares_and_refuses() -> None:
    arguments = [part for name, value in ANSWERS.items() for part in (f"--{name.replace('_', '-')}", value)]
    done = CliRunner().invoke(
        command, [*arguments, "--compare", "batch_size=8,64", "--json"], catch_exceptions=False
    )
    first, second = json.loads(done.output)
    assert first["energy_j_per_item"]["value"] < second["energy_j_per_item"]["value"]
    assert [first["batch_size"], second["batch_size"]] == [64, 8]
    with pytest.raises(EcoError, match="one deployment"):
        CliRunner().invoke(
            command, [*arguments, "--compare", "device=H100,A100", "--anchors", "8=1"], catch_exceptions=False
        )


def test_a_cold_prediction_imports_no_data_frame_library() -> None:
    program = (
        "import sys; from ecoanalysis.models.verbs import predict\n"
        "predict(model='Qwen/Qwen3-8B', device='H100', batch_size=64, throughput=2000)\n"
        "print(sorted({'polars', 'duckdb', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_schema_of_json_knows_every_tier() -> None:
    properties = json.loads(schema_text())["$defs"]["prediction"]["properties"]
    assert set(properties["tiers"]["items"]["enum"]) == set(TIERS)
