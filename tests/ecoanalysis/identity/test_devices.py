"""Devices are found by exact name, in any spelling; unknown stays unknown."""

from dataclasses import replace

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.device_name import is_share
from ecoanalysis.identity.devices import all_devices, find_device, near_devices
from ecoanalysis.identity.key import device_key
from ecoanalysis.identity.table import read_rows
from ecoanalysis.models.device_sheet import device_facts


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
        ("NVIDIA H100-SXM-80GB", "NVIDIA H100 SXM5 80GB"),
        ("NVIDIA Jetson AGX Orin 64G", "NVIDIA Jetson AGX Orin 64GB"),
        ("NVIDIA A10G", "NVIDIA A10G"),
        ("NVIDIA GeForce RTX 4090 (Ada Lovelace)", "NVIDIA GeForce RTX 4090"),
        ("RTX 6000 (Ada)", "NVIDIA RTX 6000 Ada"),
        ("RTX PRO 6000 (Blackwell)", "NVIDIA RTX PRO 6000 Blackwell"),
        ("MacBook Pro M4 Pro", "Apple M4 Pro"),
        ("Xeon 8480+", "Intel Xeon Platinum 8480+"),
        ("QUALCOMM Cloud AI 100 Ultra", "Qualcomm Cloud AI 100 Ultra"),
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


def test_every_alias_has_a_source_and_finds_its_device() -> None:
    for row in read_rows("ecoanalysis.identity", "device_aliases"):
        found = find_device(row["alias"])
        assert row["source"]
        assert found is not None
        assert (found.name, found.match) == (row["name"], row["match"]), row["alias"]


def test_near_names_are_offered_for_an_error_message() -> None:
    assert "NVIDIA GeForce RTX 4090" in near_devices("RTX 409")


def test_accelerators_of_the_clouds_are_known_by_their_own_names_and_their_power_is_not() -> None:
    """Peaks of Google's and AWS's documentation; neither publishes a power."""
    found = {name: find_device(name) for name in ("TPU v5p", "TPU7x", "Trainium2", "Inferentia2")}
    assert {name: spec and spec.peak_flops("bf16") for name, spec in found.items()} == {
        "TPU v5p": 459e12, "TPU7x": 2307e12, "Trainium2": 667e12, "Inferentia2": 190e12,
    }  # fmt: skip
    assert {spec and spec.tdp_w for spec in found.values()} == {None}


@pytest.mark.parametrize(
    ("written", "name", "tdp_w"),
    [  # as NVML, ROCm, JAX, hl-smi, /proc/cpuinfo and device trees write them; watts of the data sheets
        ("NVIDIA GB300", "NVIDIA GB300 (per GPU)", 1400),
        ("NVIDIA B100", "NVIDIA B100 SXM 192GB", 700),
        ("NVIDIA B300", "NVIDIA B300 SXM 288GB", 1100),
        ("NVIDIA H20-3e", "NVIDIA H20 141GB", 500),
        (
            "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition",
            "NVIDIA RTX PRO 6000 Blackwell Max-Q",
            300,
        ),
        ("NVIDIA A16", "NVIDIA A16 (per GPU)", 62.5),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 Laptop GPU", 150),
        ("NVIDIA GeForce RTX 5070 Ti Laptop GPU", "NVIDIA GeForce RTX 5070 Ti Laptop GPU", 115),
        ("GeForce RTX 2070", "NVIDIA GeForce RTX 2070", 175),
        ("NVIDIA Thor", "NVIDIA Jetson T5000", 130),
        ("AMD Instinct MI300A", "AMD Instinct MI300A", 550),
        ("HL-325L", "Intel Gaudi 3", 900),
        ("TPU v3", "Google TPU v3", 450),
        ("TPU v5 lite", "Google TPU v5e", None),
        ("Trainium", "AWS Trainium1", None),
        ("Apple M5 Max", "Apple M5 Max", None),
        ("AMD RYZEN AI MAX+ PRO 395 w/ Radeon 8060S", "AMD Ryzen AI Max+ 395", 55),
        ("AMD Ryzen 7 7840U w/ Radeon  780M Graphics", "AMD Ryzen 7 7840U", 28),
        ("AMD Ryzen Threadripper PRO 7995WX 96-Cores", "AMD Ryzen Threadripper PRO 7995WX", 350),
        ("13th Gen Intel(R) Core(TM) i9-13900K", "Intel Core i9-13900K", 125),
        ("12th Gen Intel(R) Core(TM) i7-12700H", "Intel Core i7-12700H", 45),
        ("INTEL(R) XEON(R) PLATINUM 8568Y+", "Intel Xeon Platinum 8568Y+", 350),
        ("Intel(R) Xeon(R) 6972P", "Intel Xeon 6972P", 500),
        ("Intel(R) Xeon(R) CPU Max 9480", "Intel Xeon CPU Max 9480", 350),
        ("AMD EPYC 9755 128-Core Processor", "AMD EPYC 9755", 500),
        ("AMD EPYC 9V74 80-Core Processor", "AMD EPYC 9V74", None),
        ("Raspberry Pi 5 Model B Rev 1.0", "Raspberry Pi 5", None),
    ],
)
def test_tools_names_of_devices_find_their_data_sheet(written: str, name: str, tdp_w: float | None) -> None:
    spec = find_device(written)
    assert spec is not None
    assert (spec.name, spec.tdp_w) == (name, tdp_w)


@pytest.mark.parametrize(
    ("name", "tdp_w", "fp32_flops"),
    [  # cores x 2 x boost clock at that power; at 120 W a 4090 makes 1695 MHz, 32.98 TFLOPS
        ("NVIDIA GeForce RTX 4070 Laptop GPU", 115, 4608 * 2 * 2175e6),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 150, 9728 * 2 * 2040e6),
        ("NVIDIA GeForce RTX 5060 Laptop GPU", 100, 3328 * 2 * 2497e6),
        ("NVIDIA GeForce RTX 5080 Laptop GPU", 150, 7680 * 2 * 2287e6),
        ("NVIDIA GeForce RTX 5090 Laptop GPU", 150, 10496 * 2 * 2160e6),
    ],
)
def test_a_laptops_rates_are_those_of_the_power_beside_them(
    name: str, tdp_w: float, fp32_flops: float
) -> None:
    spec = find_device(name)
    assert spec is not None
    assert (spec.tdp_w, spec.fp32_flops) == (tdp_w, pytest.approx(fp32_flops, rel=1e-3))


@pytest.mark.parametrize(
    "names",
    [
        ("NVIDIA A100-PCIE-40GB", "NVIDIA A100 80GB PCIe", "NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-80GB"),
        ("NVIDIA H100 PCIe", "NVIDIA H100 80GB HBM3", "NVIDIA H100 NVL", "NVIDIA H200", "NVIDIA H200 NVL"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090 D", "NVIDIA GeForce RTX 4090 Laptop GPU"),
        ("NVIDIA B100", "NVIDIA B200", "NVIDIA B300", "NVIDIA GB200", "NVIDIA GB300", "NVIDIA GB10"),
        ("Tesla V100-SXM2-32GB", "Tesla V100-SXM3-32GB", "Tesla V100-PCIE-32GB", "Tesla V100S-PCIE-32GB"),
        ("AMD Instinct MI300X", "AMD Instinct MI300A", "AMD Instinct MI325X", "AMD Instinct MI355X"),
        (
            "Quadro RTX 6000",
            "NVIDIA RTX 6000 Ada Generation",
            "NVIDIA RTX A6000",
            "NVIDIA RTX PRO 6000 Blackwell",
        ),
        ("Trainium1", "Trainium2", "Trainium3", "Inferentia1", "Inferentia2"),
        ("AMD EPYC 9654", "AMD EPYC 9655", "AMD EPYC 9654P", "AMD EPYC 9645"),
    ],
)
def test_devices_of_like_names_stay_apart(names: tuple[str, ...]) -> None:
    found = [find_device(name) for name in names]
    assert None not in found
    assert len({spec.name for spec in found if spec}) == len(names)


@pytest.mark.parametrize(
    "name",
    [  # a share of a board, a custom part, and names that several devices bear
        "NVIDIA A40-48Q", "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "NVIDIA A100-SXM-64GB", "Orin (nvgpu)", "Neoverse-V2",
        "Intel(R) Xeon(R) CPU @ 2.20GHz", "AMD EPYC", "NVIDIA Graphics Device", "AMD Radeon Graphics",
    ],
)  # fmt: skip
def test_what_several_devices_are_called_is_not_one_of_them(name: str) -> None:
    assert find_device(name) is None


def test_no_device_hides_behind_the_key_of_another() -> None:
    for spec in all_devices():
        found = find_device(spec.name)
        assert found is not None
        assert replace(found, match="exact", match_note=None) == spec


def test_no_alias_is_spelled_like_a_name_or_another_alias_of_a_different_device() -> None:
    """A key that means two devices: the later one would never be found. Another row's own name is the same mistake."""
    meant: dict[str, str] = {device_key(spec.name): spec.name for spec in all_devices()}
    assert len(meant) == len(all_devices())
    for row in read_rows("ecoanalysis.identity", "device_aliases"):
        assert meant.setdefault(device_key(row["alias"]), row["name"]) == row["name"], row["alias"]


@pytest.mark.parametrize(
    ("written", "name"),
    [  # lspci, CodeCarbon, cloud catalogues, /proc/cpuinfo, WMI and people; the sheet has the memory that is said
        ("NVIDIA Corporation GA102 [GeForce RTX 3090] (rev a1)", "NVIDIA GeForce RTX 3090"),
        ("NVIDIA Corporation GA106M [GeForce RTX 3060 Mobile / Max-Q] (rev a1)", "NVIDIA GeForce RTX 3060 Laptop GPU"),
        ("Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XTX] [1002:744c]", "AMD Radeon RX 7900 XTX"),
        ("1 x GeForce RTX 3090 24 GB", "NVIDIA GeForce RTX 3090"),
        ("4 x NVidia H100 SXM5 (80GB)", "NVIDIA H100 SXM5 80GB"),
        ("NVIDIA A100 40GB PCIe", "NVIDIA A100 PCIe 40GB"),
        ("4xA100", "NVIDIA A100 SXM4 40GB"),
        ("NVIDIA GeForce RTX 4090 x2", "NVIDIA GeForce RTX 4090"),
        ("NVIDIA T4 Tensor Core", "NVIDIA T4"),
        ("Intel Xeon E5-2686 v4 (Broadwell)", "Intel Xeon E5-2686 v4"),
        ("Intel Xeon 8375C (Ice Lake)", "Intel Xeon Platinum 8375C"),
        ("AMD EPYC 9354 32C/64T", "AMD EPYC 9354"),
        ("Dual Intel Xeon Gold 6248", "Intel Xeon Gold 6248"),
        ("11th Gen Intel(R) Core(TM) i7-11800H @ 2.30GHz", "Intel Core i7-11800H"),
        ("AMD Ryzen 7 3700U with Radeon Vega Mobile Gfx", "AMD Ryzen 7 3700U"),
        ("Apple M1 chip with 8-core CPU, 8-core GPU, and 16-core Neural Engine", "Apple M1"),
        ("Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi 4 Model B"),
    ],
)  # fmt: skip
def test_what_stands_around_a_name_does_not_hide_the_device(written: str, name: str) -> None:
    spec = find_device(written)
    assert spec is not None
    assert spec.name == name


@pytest.mark.parametrize(
    "written",
    [  # what is said beside the name is not on the sheet: another memory, vendor, board or generation
        "H100 96GB", "RTX 3080 16GB", "RTX 3060 6GB", "NVIDIA A100-SXM-64GB", "Intel A100", "Titan X (Maxwell)",
        "NVIDIA Corporation TU106M [GeForce RTX 2060 Mobile] (rev a1)", "NVIDIA RTX A2000 Laptop GPU",
        "Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XT/7900 XTX] (rev c8)", "GRID A100D-20C",
        "NVIDIA Corporation Device 1f15 (rev a1)", "NVIDIA A100 80GB PCIe MIG 2g.20gb", "Intel Xeon Scalable (Icelake)",
        "NVIDIA GeForce RTX 2070 with Max-Q Design", "AMD Ryzen 5 1600 (AF)", "MIG 1g.10gb",
    ],
)  # fmt: skip
def test_a_name_that_says_what_the_sheet_does_not_is_another_device(written: str) -> None:
    assert find_device(written) is None


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", True),
        ("GRID A100D-20C", True),
        ("NVIDIA L40S-48Q", True),
        ("NVIDIA A100-SXM4-40GB", False),
        ("NVIDIA GRID K520", False),
        ("NVIDIA H100-NVL-94GB", False),
        ("Intel Core i7-8700B", False),
    ],
)
def test_a_share_of_a_board_is_known_as_one(name: str, share: bool) -> None:
    assert is_share(name) is share
    if share:
        with pytest.raises(EcoError, match="a share of a board"):
            device_facts(name)


def test_apples_memory_is_the_one_that_is_said() -> None:
    """The sheet has the largest configuration, 64 GB of an M4 Pro."""
    said, sheet, too_much = (find_device(f"Apple M4 Pro{memory}") for memory in (" 24GB", "", " 96GB"))
    assert said is not None
    assert sheet is not None
    assert (said.memory_bytes, sheet.memory_bytes, too_much) == (24e9, 64e9, None)


def test_a_name_that_laptops_report_too_is_assumed_to_be_the_desktop_board() -> None:
    spec = find_device("NVIDIA GeForce RTX 2060")
    assert spec is not None
    assert (spec.match, spec.tdp_w) == ("assumed", 160.0)
    assert "laptop" in (spec.match_note or "")


def test_a_processor_of_which_only_the_power_is_known_says_no_more() -> None:
    spec = find_device("Intel(R) Xeon(R) CPU E5-2630 v4 @ 2.20GHz")
    assert spec is not None
    known = (spec.vendor, spec.kind, spec.tdp_w, spec.cores_count)
    assert known == ("Intel", "cpu", 85.0, None)  # Intel ARK: 85 W
