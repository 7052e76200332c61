"""Devices are found by exact name, in any spelling; unknown stays unknown."""

import csv
from importlib.resources import files

import pytest

from ecoanalysis.identity.devices import all_devices, find_device, near_devices


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100 SXM4 80GB"),
        ("A100 80GB SXM", "NVIDIA A100 SXM4 80GB"),
        ("8 x NVIDIA A100-SXM4-80GB", "NVIDIA A100 SXM4 80GB"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 SXM5 80GB"),
        ("Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz", "Intel Xeon Platinum 8275CL"),
        ("AMD EPYC 7742 64-Core Processor", "AMD EPYC 7742"),
        (
            "Intel Xeon Platinum 8180 2.50 GHz (Intel Turbo Boost Technology up to 3.8GHz)",
            "Intel Xeon Platinum 8180",
        ),
        ("2 x Tesla V100S-PCIE-32GB", "NVIDIA Tesla V100S PCIe 32GB"),
        ("Trillium", "Google TPU v6e"),
        ("rtx 4090d", "NVIDIA GeForce RTX 4090 D"),
    ],
)
def test_spellings_of_one_device_are_one(spelling: str, name: str) -> None:
    spec = find_device(spelling)
    assert spec is not None
    assert spec.name == name
    assert spec.match == "exact"


def test_similar_names_are_different_devices() -> None:
    specs = [find_device(name) for name in ("RTX 4090", "RTX 4090 D", "RTX 4080", "L40", "L40S", "L4")]
    assert len({spec.name for spec in specs if spec}) == 6


@pytest.mark.parametrize("name", ["RTX 6000", "RTX 99999", "Unknown", "", "-", None])
def test_an_unknown_or_ambiguous_name_is_not_guessed(name: str | None) -> None:
    assert find_device(name) is None  # "RTX 6000" is a Turing or an Ada board


def test_an_open_variant_says_which_was_assumed() -> None:
    spec = find_device("H100")
    assert spec is not None
    assert (spec.match, spec.tdp_w) == ("assumed", 700.0)
    assert spec.match_note is not None
    assert "SXM" in spec.match_note


def test_peak_rates_fall_back_to_the_next_wider_format() -> None:
    h100, a100 = find_device("H100 SXM"), find_device("A100 80GB SXM")
    assert h100 is not None
    assert a100 is not None
    assert h100.peak_flops("fp8") == 1979e12  # NVIDIA H100 data sheet, dense
    assert a100.peak_flops("fp8") == a100.peak_flops("bfloat16") == 312e12  # Ampere has no fp8 units
    assert a100.peak_flops("q4_k_m") == 312e12  # int4 weights are computed in fp16
    assert a100.peak_flops("fp13") is None


def test_every_row_has_source_and_status_and_sane_numbers() -> None:
    for spec in all_devices():
        assert spec.source, spec.name
        assert spec.status in {"verified", "confident", "recalled", "unverified"}, spec.name
        assert spec.tdp_w is None or 4 < spec.tdp_w < 2000, spec.name
        assert spec.idle_w is None or spec.tdp_w is None or spec.idle_w < spec.tdp_w, spec.name
        assert spec.memory_bytes is None or 1e9 <= spec.memory_bytes <= 6e11, spec.name


def test_aliases_name_known_devices_once() -> None:
    text = files("ecoanalysis.identity").joinpath("tables/device_aliases.csv").read_text()
    names = {spec.name for spec in all_devices()}
    for row in csv.DictReader(text.splitlines()):
        assert row["name"] in names
        assert find_device(row["alias"]) is not None


def test_near_names_are_offered_for_an_error_message() -> None:
    assert "NVIDIA GeForce RTX 4090" in near_devices("RTX 409")


def test_accelerators_of_the_clouds_are_known_by_their_own_names_and_their_power_is_not() -> None:
    """Peaks of Google's and AWS's documentation; neither publishes a power."""
    found = {name: find_device(name) for name in ("TPU v5p", "TPU7x", "Trainium2", "Inferentia2")}
    assert {name: spec and spec.peak_flops("bf16") for name, spec in found.items()} == {
        "TPU v5p": 459e12, "TPU7x": 2307e12, "Trainium2": 667e12, "Inferentia2": 190e12,
    }  # fmt: skip
    assert {spec and spec.tdp_w for spec in found.values()} == {None}
