"""carbontracker logs of versions 1 and 2: devices, PUE, and numbers that deny each other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read

HEAD = (
    "2026-03-01 10:00:00 - carbontracker version {version}\n"
    "2026-03-01 10:00:00 - The following components were found: {components}\n"
    "2026-03-01 10:00:00 - Monitoring thread started.\n"
)
EPOCH = (
    "2026-03-01 10:0{n}:00 - Epoch {n}:\n"
    "2026-03-01 10:0{n}:00 - Duration: 0:00:50.00\n"
    "2026-03-01 10:0{n}:00 - Average power usage (W) for gpu: {gpu}\n"
    "2026-03-01 10:0{n}:00 - Average power usage (W) for cpu: {cpu}\n"
)
TOTAL = (
    "{stamp}CarbonTracker: The following components were found: GPU with device(s) A, B. CPU with device(s) cpu:0.\n"
    "{stamp}CarbonTracker: Average carbon intensity during training was 100.00 {unit}.\n"
    "{stamp}CarbonTracker: \nActual consumption for 2 epoch(s):\n"
    "\tTime:\t{time}\n\tEnergy:\t{kwh} kWh\n\tCO2eq:\t{co2} g\n"
)
TWO_GPUS = "GPU with device(s) A, B. CPU with device(s) cpu:0."


def imported(tmp_path: Path, text: str, name: str = "run_carbontracker.log") -> Imported:
    path = tmp_path / name
    path.write_text(text)
    return read(path)


def log(version: str = "2.4.7", components: str = TWO_GPUS, gpu: str = "100.0", cpu: str = "20.0") -> str:
    """Return a log of three epochs of 50 s, a minute apart."""
    epochs = "".join(EPOCH.format(n=n, gpu=gpu, cpu=cpu) for n in (1, 2, 3))
    return HEAD.format(version=version, components=components) + epochs


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def energies(found: Imported) -> dict[str, float]:
    """Return the energy of the first epoch by boundary [J]."""
    rows = found.results.filter(found.results["row_number"] == 0)
    return dict(rows.select("boundary", "energy_j").iter_rows())


def test_version_2_writes_the_mean_over_devices(tmp_path: Path) -> None:
    found = imported(tmp_path, log())
    assert energies(found) == {"board": 100 * 2 * 50, "package": 20 * 50}
    assert codes(found) == {"mean_over_devices"}


def test_a_processor_by_its_brand_is_half_a_tdp_not_a_measurement(tmp_path: Path) -> None:
    """Version 2.4.7 without RAPL, run here: 60 W for `AMD EPYC`; a brand may have dots in it."""
    brand = "Intel(R) Xeon(R) CPU @ 2.20GHz"
    found = imported(tmp_path, log(components=f"GPU with device(s) A. CPU with device(s) {brand}."))
    basis = dict(found.results.select("boundary", "basis").iter_rows())
    assert basis == {"board": "measured", "package": "estimated"}
    assert "constant_cpu_power" in codes(found)
    assert brand in {device.name for device in found.devices}


def test_an_epoch_begins_its_duration_before_it_was_written(tmp_path: Path) -> None:
    found = imported(tmp_path, log())
    starts = found.results.filter(found.results["boundary"] == "board")["started_utc_ns"].to_list()
    first = datetime(2026, 3, 1, 10, 0, 10, tzinfo=UTC).timestamp() * 1e9
    assert starts == [first, first + 60e9, first + 120e9]


def test_a_run_in_which_nothing_could_be_metered_is_refused_for_that(tmp_path: Path) -> None:
    """Version 1.2.5 without RAPL writes these logs."""
    stamp = "2026-03-01 10:00:00 - CarbonTracker: "
    with pytest.raises(EcoError, match="found nothing that it can meter"):
        imported(
            tmp_path, f"{stamp}Ignored error: No components were available.\n{stamp}Finished monitoring.\n"
        )


def test_version_1_writes_a_power_per_device(tmp_path: Path) -> None:
    """numpy's print of an array, two GPUs of 100 and 60 W: 160 W, not twice the first."""
    found = imported(tmp_path, log("1.1.6", gpu="[100.  60.]", cpu="[20.5]"))
    assert energies(found) == {"board": 160 * 50, "package": 20.5 * 50}
    assert codes(found) == set()


def test_package_and_dram_together_are_neither_boundary(tmp_path: Path) -> None:
    """carbontracker's CPU is the mean of cpu:0 and dram:0; beside a GPU only the sum of all is a node."""
    found = imported(tmp_path, log(components="GPU with device(s) A. CPU with device(s) dram:0, cpu:0."))
    assert energies(found) == {"board": 100 * 50, "node": (100 + 2 * 20) * 50}


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("contradicting_numbers", "10:02:00 - Duration: 0:00:50.00", "10:02:00 - Duration: 0:50:50.00"),
        ("contradicting_numbers", " CPU with device(s) cpu:0.", " KPU with device(s) cpu:0."),
        ("contradicting_numbers", "2026-03-01 10:02:00 - Average power usage (W) for cpu: 20.0\n", ""),
        ("missing_readings", "2026-03-01 10:02:00 - Epoch 2:\n", ""),
        ("missing_readings", EPOCH.format(n=2, gpu="100.0", cpu="20.0"), ""),
        ("unreadable_lines", "10:02:00 - Duration: 0:00:50.00", "10:02:00 - Duration: 0:00:50,00"),
        ("unreadable_lines", "100.0\n2026-03-01 10:02:00 - Average", "100.02026-03-01 10:02:00 - Average"),
        ("devices_not_stated", "components were found", "components were found\n")
    ],
)  # fmt: skip
def test_a_damaged_log_is_told(tmp_path: Path, code: str, old: str, new: str) -> None:
    text = log()
    assert old in text
    if code == "devices_not_stated":
        text = text.replace("device(s)", "devices")
    assert code in codes(imported(tmp_path, text.replace(old, new)))


def total(**values: str) -> str:
    said = {"stamp": "", "unit": "gCO2eq/kWh", "time": "0:01:40", "kwh": "0.001580", "co2": "0.158000"}
    return TOTAL.format(**(said | values))


def test_a_total_without_its_pue_says_what_was_assumed(tmp_path: Path) -> None:
    found = imported(tmp_path, total(), "x_carbontracker_output.log")
    assert found.results["energy_j"].to_list() == pytest.approx([0.001 * 3.6e6])
    assert found.results["duration_s"].to_list() == [100]
    assert codes(found) == {"pue_assumed", "mean_over_devices"}


def test_the_standard_log_beside_it_says_the_pue(tmp_path: Path) -> None:
    pue = "are multiplied by a PUE coefficient of 1.67 (Rhonda Ascierto, 2019)\n"
    (tmp_path / "x_carbontracker.log").write_text(log("1.1.2") + pue)
    found = imported(
        tmp_path, total(kwh="0.001670", co2="0.167000", unit="gCO2/kWh"), "x_carbontracker_output.log"
    )
    assert found.results["energy_j"].to_list() == pytest.approx([0.001 * 3.6e6])
    assert codes(found) == set()  # version 1 added the devices up


def test_a_co2_that_is_not_energy_times_intensity_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, total(kwh="0.011580"), "x_carbontracker_output.log")
    assert "contradicting_numbers" in codes(found)


def test_a_total_of_epochs_is_a_training_and_one_without_epochs_says_no_more_than_it_does(
    tmp_path: Path,
) -> None:
    """0.00316 kWh, out of the PUE of 1.58 0.002: 7,200 J, of two epochs 3,600 each."""
    said = TOTAL.format(stamp="", unit="gCO2/kWh", time="0:01:40", kwh="0.00316", co2="0.316")
    epochs, whole = imported(tmp_path, said), imported(tmp_path, said.replace(" for 2 epoch(s)", ""), "b.log")
    assert epochs.results["energy_per_item_j"].to_list() == pytest.approx([3600])
    assert (epochs.configs[0].task, epochs.configs[0].item_unit) == ("training", "epoch")
    assert whole.results["energy_j"].to_list() == pytest.approx([7200])
    assert (whole.configs[0].task, whole.results["items_count"][0]) == ("unknown", None)
