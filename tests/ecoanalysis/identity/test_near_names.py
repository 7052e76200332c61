"""A name that is nearly another's is not taken for it: a wrong answer is worse than none."""

import re
from collections.abc import Iterator

import pytest

from ecoanalysis.identity.devices import all_devices, find_device
from ecoanalysis.identity.key import device_key
from ecoanalysis.identity.models import all_models, doubt_of, find_model
from ecoanalysis.identity.table import read_rows


def near_names(name: str) -> Iterator[str]:
    """Yield a name with one digit removed, doubled, replaced or changed for its neighbour; a number stays one."""
    for found in re.finditer(r"\d", name):
        at, digit = found.start(), found[0]
        before, after = name[:at], name[at + 1 :]
        near = [before + digit + digit + after, before + str((int(digit) + 3) % 10) + after]
        if re.search(r"\d$", before) or re.match(r"\d", after):
            near.append(before + after)
        if after[:1].isdigit() and after[0] != digit:
            near.append(before + after[0] + digit + after[1:])
        yield from (one for one in near if not re.search(r"(?<![\d.])0\d", one))


def words(name: str) -> list[str]:
    vendors = {"nvidia", "geforce", "tesla", "amd", "instinct", "radeon", "intel", "apple"}
    return [word for word in re.split(r"[^a-z0-9+]+", name.lower()) if word and word not in vendors]


def test_no_device_is_found_by_a_name_with_a_wrong_digit() -> None:
    aliases = {tuple(words(row["alias"])) for row in read_rows("ecoanalysis.identity", "device_aliases")}
    taken = {
        (near, spec.name)
        for spec in all_devices()
        for near in near_names(spec.name)
        if near != spec.name and tuple(words(near)) not in aliases
        if (found := find_device(near)) and found.name == spec.name
    }
    assert taken == set()


def test_no_model_is_found_by_a_name_with_a_wrong_digit() -> None:
    aliases = {
        tuple(words(row["alias"].rpartition("/")[2]))
        for row in read_rows("ecoanalysis.identity", "model_aliases")
    }
    taken = {
        (near, facts.name)
        for facts in all_models()
        for near in near_names(facts.name)
        if near != facts.name and tuple(words(near)) not in aliases
        if (found := find_model(near)) and found.name == facts.name
    }
    assert taken == set()


@pytest.mark.parametrize(
    "name",
    [
        # of another vendor, of another memory, a part, a laptop's, a number alone
        "Apple A16", "Apple A10", "Radeon T4", "Qualcomm A100", "RTX 3080 20GB", "RTX 3090 48GB", "H100 96GB",
        "A100 SXM4 0GB", "RTX 306 012GB", "RTX 4080 12GB", "A100 20GB", "RX 580 4GB", "Jetson Orin Nano 4GB",
        "RTX 2070 Max-Q", "RTX A4000 Laptop GPU", "GTX 1080 Max-Q", "RTX 4090M", "A10M", "Arc A770M", "RX 6800M",
        "3080", "4090", "7763", "L400", "L2", "MI30", "V1000", "T40", "TPU v4i", "TPU v5", "TPU v6", "Xeon",
        "Intel Core i5", "AMD Ryzen 7", "Intel Xeon Gold", "Xeon Gold 6248Q", "EPYC 7763P", "EPYC 965",
        "Ryzen 9 5800X", "Ryzen 7 5850U", "i9-1390", "Xeon Platinum 8480", "Xeon E5-2686", "Titan X", "RTX 6000",
        "Raspberry Pi 400", "Graviton", "GB10 MIG 1g.5gb", "DGX A100", "H100 CNX", "MI308X", "A30X", "L40G",
    ],
)  # fmt: skip
def test_a_device_of_a_like_name_is_not_taken(name: str) -> None:
    assert find_device(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "llama-3.1-80b", "llama-3-9b", "llama-3.3-8b", "gemma-29b", "gemma-227b", "gemma-34b", "qwen2.57b",
        "qwen2.5-5b", "qwen3-80b", "mixtral-7b", "mixtral-8x70b", "mistral-8x7b", "mistral-2x7b", "2x7B",
        "qwen2.5-2x7b", "llama-3-8b-2x8b", "llama-3.1-8b-draft", "llama-3.1-8b-eagle3", "llama-3.1-8b-lora",
        "EAGLE3-LLaMA3.1-Instruct-8B", "llama-3.1-8b-pruned-4b", "llama-3.1-8b-reward", "qwen2.5-7b-merge",
        "llama-3.2-8b-vision", "qwen2.5-7b-embedding", "alpaca-lora-7b", "biomistral-8x7b", "goliath-120b",
        "codestral-mamba", "phi-3", "phi", "llama", "qwen3", "gemma", "mistral", "mixtral", "bert", "whisper",
        "clip", "vit", "t5", "yolov8", "flux", "whisper-v3", "whisper-large-v4", "bert-base-large", "resnet500",
        "resnet5", "resnet50d", "gpt2-10b", "yolov8n-seg", "yolov3-tiny", "llava-v1.6-mistral-7b", "opt-1b",
        "deepseek-r1-distill", "deepseek-v2.1", "dolphin-2.6-mixtral-8x7b", "smollm-17b", "glm-4.5v",
    ],
)  # fmt: skip
def test_a_model_of_a_like_name_is_not_taken(name: str) -> None:
    assert find_model(name) is None


def test_of_boards_with_80_gb_the_one_with_hbm2e_is_the_card() -> None:
    spec = find_device("NVIDIA H100 80GB HBM2e")
    assert spec is not None
    assert (spec.name, spec.tdp_w) == ("NVIDIA H100 PCIe 80GB", 350)  # NVIDIA H100 data sheet


def test_a_name_that_several_models_bear_says_as_what_it_is_taken() -> None:
    assert "671 B" in (doubt_of("deepseek-r1") or "")
    assert doubt_of("deepseek-ai/DeepSeek-R1") is doubt_of("deepseek-r1:7b") is doubt_of(None) is None
    for row in read_rows("ecoanalysis.identity", "model_doubts"):
        assert find_model(row["model"]) is not None


def test_no_processor_is_listed_twice_or_by_its_family_alone() -> None:
    names = [row["name"] for row in read_rows("ecoanalysis.identity", "processors")]
    keys = [device_key(name) for name in names]
    assert len(set(keys)) == len(keys)
    assert {device_key(row["name"]) for row in read_rows("ecoanalysis.identity", "hardware")}.isdisjoint(keys)
    assert [name for name in names if not re.search(r"\d\w?\d", name)] == []
