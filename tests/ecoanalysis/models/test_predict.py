"""`eco predict`, its Python interface, its refusals and its first-day fits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.commands.predict import predict as command
from ecoanalysis.errors import EcoError
from ecoanalysis.models.intervals import VERSION
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
    "framework": "vllm mlenergy_v2",
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


def tiers(**changed: str) -> tuple[str, ...]:
    book = default_book()
    config, _ = ask(ANSWERS | changed, book)
    return predict([config], Settings(), book=book)[0].tiers


def test_a_shape_alone_makes_no_twin() -> None:
    """Qwen3-30B-A3B has the layers, width and heads of the measured flan-t5-xl, and ten times its parameters."""
    assert "arch" in tiers(model="Qwen/Qwen3-30B-A3B-Instruct-2507", task="chat")
    assert "arch" in tiers(model="Qwen/Qwen3-14B", task="chat")  # the shape of Llama-13B
    assert "arch" not in tiers(model="meta-llama/Llama-3.3-70B-Instruct", gpus="4", task="chat")


@pytest.mark.parametrize(
    ("framework", "is_wider"), [("vllm mlenergy_v2", False), ("vllm", True), ("vLLM==0.11.2", True)]
)
def test_a_version_that_nobody_measured_widens(framework: str, is_wider: bool) -> None:
    book = default_book()
    config, assumed = ask(ANSWERS | {"framework": framework}, book)
    found = predict([config], Settings(), book=book)[0]
    known = predict([ask(ANSWERS, book)[0]], Settings(), book=book)[0]
    assert ("version" in found.tiers) == is_wider
    assert (found.half_width_ratio > known.half_width_ratio) == is_wider
    assert found.energy.value == known.energy.value
    assert any("another version" in warning for warning in found.warnings) == is_wider
    assert ("0.11.2" in " ".join(assumed)) == ("0.11.2" in framework)


def test_more_devices_than_any_measured_are_a_new_way_to_share() -> None:
    sdxl = {
        "model": "stable-diffusion-xl-base-1.0",
        "framework": "diffusers mlenergy_v2",
        "task": "text-to-image",
    }
    assert "stack" not in tiers(**sdxl)
    assert "stack" in tiers(**sdxl, gpus="8")


def test_a_prompt_of_another_order_is_another_task() -> None:
    known = {"model": "Llama-3.1-8B", "task": "chat", "batch_size": "1"}
    assert "task" not in tiers(**known, input="1000")
    assert "task" in tiers(**known, input="100000")


def test_many_devices_for_a_small_model_ask_whether_copies_are_meant() -> None:
    book = default_book()
    for gpus, is_said in (("2", False), ("8", True)):
        config, _ = ask(ANSWERS | {"gpus": gpus}, book)
        warnings = predict([config], Settings(), book=book)[0].warnings
        assert any("--gpus 1" in warning for warning in warnings) == is_said


def test_what_runs_on_a_desk_is_asked_about_as_its_library_gives_it() -> None:
    config, assumed = ask(
        {"model": "llama3.1:8b", "device": "RTX 4060 Laptop", "framework": "ollama"}, default_book()
    )
    assert (config.precision, config.batch_size) == ("q4_k_m", 1.0)
    assert "precision: q4_k_m" in assumed


def test_a_device_without_a_known_memory_is_answered_where_samples_need_none() -> None:
    book = default_book()
    config, _ = ask({"model": "resnet50", "device": "Cloud AI 100 DM.2e", "scenario": "single_stream"}, book)
    assert config.device.memory_bytes is None
    assert predict([config], Settings(), book=book)[0].energy.value


def test_a_scenario_that_tokens_do_not_have_is_said_to_be_left_out() -> None:
    _, assumed = ask(ANSWERS | {"scenario": "offline"}, default_book())
    assert any(line.startswith("scenario offline: left out") for line in assumed)
    assert not any(line.startswith("scenario") for line in ask(ANSWERS, default_book())[1])


def test_a_count_before_the_device_is_the_number_of_devices() -> None:
    book = default_book()
    for written in ("8 x H100", "8xH100"):
        assert ask(ANSWERS | {"device": written}, book)[0].devices_count == 8
    with pytest.raises(EcoError, match="two counts") as caught:
        ask(ANSWERS | {"device": "8xH100", "gpus": "4"}, book)
    assert caught.value.hint == "--device 'H100' --gpus 4"


@pytest.mark.parametrize(
    ("model", "precision"), [("gpt-oss:20b", "mxfp4"), ("deepseek-ai/DeepSeek-R1", "fp8")]
)
def test_weights_are_taken_as_they_are_published(model: str, precision: str) -> None:
    assert ask({"model": model, "device": "H200"}, default_book())[0].precision == precision
    assert ask({"model": model, "device": "H200", "precision": "bf16"}, default_book())[0].precision == "bf16"


def test_a_model_of_videos_is_asked_for_its_frames() -> None:
    wan = {"model": "Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "device": "H100"}
    with pytest.raises(EcoError, match="how many frames"):
        ask(wan, default_book())
    config, _ = ask(wan | {"frames": "81"}, default_book())
    assert (config.item_unit, config.task, config.frames) == ("video", "text-to-video", 81)


def test_samples_are_asked_about_in_the_format_that_was_measured() -> None:
    config, _ = ask({"model": "resnet50", "device": "RTX 4090", "scenario": "offline"}, default_book())
    assert config.precision == "int8"


def test_an_unknown_power_limit_is_answered_by_the_sheet_to_fill_in() -> None:
    with pytest.raises(EcoError, match="power limit of Apple M2 is not published") as caught:
        answer(device="Apple M2")
    assert '"tdp_w": "?"' in caught.value.hint
    assert '"bandwidth_gb_per_s": 100.0' in caught.value.hint


def test_a_model_too_large_is_answered_by_a_precision_that_fits() -> None:
    with pytest.raises(EcoError) as caught:
        answer(model="meta-llama/Llama-3.1-70B-Instruct")
    assert caught.value.hint == "--gpus 2, or --precision fp8"  # 70.6 GB of 80


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


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return " ".join(done.output.split())


def test_the_answer_for_several_devices_says_that_it_covers_all() -> None:
    mixtral = ("--model", "Mixtral-8x7B", "--device", "H100", "--batch-size", "32")
    assert "covers the 4 accelerator boards together, without the machine around them" in shown(
        *mixtral, "--gpus", "4"
    )
    assert "covers one accelerator board, without the machine around it" in shown(
        *mixtral, "--gpus", "1", "--precision", "fp8"
    )


def test_every_reason_of_an_answer_has_its_own_words() -> None:
    text = shown("--model", "Mixtral-8x7B", "--device", "H100", "--gpus", "4", "--batch-size", "32")
    assert text.count("launches not hidden by work") == 1
    assert "launches of experts not hidden by work" in text


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
    assert set(properties["tiers"]["items"]["enum"]) == {*TIERS, VERSION}
