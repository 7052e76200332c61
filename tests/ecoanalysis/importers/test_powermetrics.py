"""powermetrics text: sums, stamps, damaged blocks."""

import re
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read


def block(second: int, cpu: int = 1500, combined: int | None = None) -> str:
    """Return a block of one second as macOS 13 and later write it, CPU + GPU + ANE in the fourth line."""
    total = cpu + 30 + 7 if combined is None else combined
    return (
        f"*** Sampled system activity (Mon Nov 23 14:00:{second:02d} 2026 +0000) ({1000 + second / 100:.2f}ms elapsed) "
        f"***\n\n**** Processor usage ****\n\nCPU Power: {cpu} mW\nGPU Power: 30 mW\nANE Power: 7 mW\n"
        f"Combined Power (CPU + GPU + ANE): {total} mW\n\n"
    )


def with_gpu_usage(written: str, gpu: int = 30) -> str:
    """Return a block as the samplers cpu_power and gpu_power together write it: the GPU's power in both sections.

    The lines of the second section are those that the README of BinSquare/powermetrics-go quotes.
    """
    return (
        f"{written}**** GPU usage ****\n\nGPU HW active frequency: 389 MHz\nGPU HW active residency:   4.33%\n"
        f"GPU idle residency:  95.67%\nGPU Power: {gpu} mW\n\n"
    )


def imported(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "power.txt"
    path.write_text(text)
    return read(path)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


SOUND = [block(second) for second in range(1, 6)]


def test_a_sound_log_has_no_doubt(tmp_path: Path) -> None:
    found = imported(tmp_path, "Machine model: Mac14,2\n\n" + "".join(SOUND))
    assert codes(found) == set()
    assert found.source.rows_count == 5


@pytest.mark.parametrize(("again", "doubts"), [(30, set()), (31, set()), (300, {"contradicting_numbers"})])
def test_the_gpu_has_its_power_in_two_sections_of_a_block(
    tmp_path: Path, again: int, doubts: set[str]
) -> None:
    """The hint says --samplers cpu_power,gpu_power: such a log is sound."""
    found = imported(tmp_path, "".join(with_gpu_usage(written, again) for written in SOUND))
    assert codes(found) == doubts


def test_a_block_that_took_up_the_next_is_damaged_though_their_powers_are_alike(tmp_path: Path) -> None:
    """macOS 11 prints no sum that would stand there twice."""
    old = [re.sub("Combined.*\n", "", written) for written in SOUND]
    headless = old[2].split("***\n")[-1]
    found = imported(tmp_path, "".join([*old[:2], headless, *old[3:]]))
    assert "contradicting_numbers" in codes(found)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("contradicting_numbers", lambda found: [*found, block(6, cpu=150, combined=1537)]),  # a digit lost
        ("contradicting_numbers", lambda found: [*found, found[-1]]),  # a block twice
        ("contradicting_numbers", lambda found: [*found[:2], found[2].split("***\n")[-1], *found[3:]]),
        ("unreadable_lines", lambda found: [found[0].replace("Sampled", "Sam"), *found[1:]]),
        ("unreadable_lines", lambda found: [found[0].split("***\n")[-1], *found[1:]]),
        ("lost_readings", lambda found: [found[0].replace("GPU Power: 30 mW", "GPU Power: 3"), *found[1:]]),
    ],
)
def test_a_damaged_block_is_told(tmp_path: Path, code: str, change) -> None:  # type: ignore[no-untyped-def]
    assert code in codes(imported(tmp_path, "".join(change(SOUND))))


def test_blocks_that_are_missing_leave_their_time_empty(tmp_path: Path) -> None:
    """Blocks 3 and 4 of eight are gone: the next begins at 4 s, not at 2 s."""
    text = "".join(block(second) for second in (1, 2, 5, 6, 7, 8))
    found = imported(tmp_path, text)
    samples = pl.concat(list(found.samples))
    cpu = samples.filter(pl.col("device_id") == found.devices[0].id)["t_ns"] / 1e9
    assert cpu.round(1).to_list() == [0.0, 1.0, 1.0, 2.0, 4.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 8.0]
    assert [note.text for note in found.notes if note.code == "missing_readings"] == [
        "by their stamps 2 s are missing at 1 places between blocks"
    ]


def test_powers_without_their_block_are_refused_with_a_command(tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="no time stands by its powers") as refused:
        imported(tmp_path, "CPU Power: 1240 mW\nGPU Power: 380 mW\nANE Power: 42 mW\n")
    assert "powermetrics" in (refused.value.hint or "")


def test_the_package_of_an_m1_contains_its_parts(tmp_path: Path) -> None:
    """macOS 11: CPU + GPU + DRAM + ANE stay below the package; a package below its parts is a damaged one."""
    text = (
        "*** Sampled system activity (Mon Nov 23 14:00:01 2026 +0000) (1000.00ms elapsed) ***\n"
        "ANE Power: 0 mW\nDRAM Power: 24 mW\nCPU Power: 57 mW\nGPU Power: 17 mW\nPackage Power: {} mW\n"
    )
    assert codes(imported(tmp_path, text.format(124))) == set()
    assert codes(imported(tmp_path, text.format(24))) == {"contradicting_numbers"}
