"""Power Gadget, PowerJoular and perf stat, in the form that their public logs have."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read

GADGET = (
    "System Time,RDTSC,Elapsed Time (sec), CPU Utilization(%),CPU Frequency_0(MHz),Processor Power_0(Watt),"
    "Cumulative Processor Energy_0(Joules),Cumulative Processor Energy_0(mWh),IA Power_0(Watt),"
    "Cumulative IA Energy_0(Joules),DRAM Power_0(Watt),Cumulative DRAM Energy_0(Joules),GT Power_0(Watt),"
    "Cumulative GT Energy_0(Joules),Package PL1_0(Watt),GT Utilization(%)\n"
)
GADGET_ROW = (
    "19:08:4{s}:531, 459519657975{s},   {t:.3f},   124.000, 2100,  10.000,  {j:.3f},   0.5,   7.0,   {ia:.3f},"
    "   {dram_w:.3f},   {dram:.3f},   0.01,   0.010,  60.000,   1.5\n"
)
SUMMARY = (
    "\nTotal Elapsed Time (sec) = 2.000000\n\nCumulative Processor Energy_0 (Joules) = {j}\n"
    "Cumulative Processor Energy_0 (mWh) = 5.5\nAverage Processor Power_0 (Watt) = 10.0\n"
)
JOULAR = "Date,CPU Utilization,Total Power,CPU Power,GPU Power\n"


def imported(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "log.csv"
    path.write_text(text)
    return read(path)


def samples(found: Imported, boundary: str) -> pl.DataFrame:
    (device,) = [device for device in found.devices if device.boundary == boundary]
    return pl.concat(list(found.samples)).filter(pl.col("device_id") == device.id).sort("t_ns")


def doubts(found: Imported) -> set[str]:
    return {note.code for note in found.notes if note.severity != "info"}


def energies(found: Imported) -> list[tuple[str, float | None, float | None]]:
    return list(found.results.select("boundary", "energy_j", "duration_s").iter_rows())


def gadget(dram_w: float = 1.5, end_j: float = 20.0) -> str:
    """Half-second rows of 10 W, of which 7 W are the cores'."""
    rows = "".join(
        GADGET_ROW.format(s=s, t=s / 2, j=10 * s / 2, ia=7 * s / 2, dram_w=dram_w, dram=dram_w * s / 2)
        for s in range(1, 5)
    )
    return GADGET + rows + SUMMARY.format(j=f"{end_j:.6f}")


def test_power_gadget_counts_from_the_start_and_neither_parts_nor_limits(tmp_path: Path) -> None:
    found = imported(tmp_path, gadget())
    assert found.source.format == "power_gadget"
    assert sorted(device.boundary for device in found.devices) == ["dram", "package"]
    rows = samples(found, "package")
    assert (rows["t_ns"] / 1e9).to_list() == [0, 0.5, 1, 1.5, 2]
    assert rows["energy_j"].to_list() == [0, 5, 10, 15, 20]
    assert samples(found, "dram")["energy_j"][-1] == 3
    assert doubts(found) == set()


def test_a_dram_that_power_gadget_does_not_meter_is_no_dram_of_zero(tmp_path: Path) -> None:
    assert [device.boundary for device in imported(tmp_path, gadget(dram_w=0)).devices] == ["package"]


def test_power_gadgets_summary_tells_of_rows_that_are_missing(tmp_path: Path) -> None:
    assert doubts(imported(tmp_path, gadget(end_j=35.0))) == {"contradicting_numbers"}


@pytest.mark.parametrize(
    ("cell", "damaged", "code"),
    [
        (" 10.000,  10.000,", " 10.000,  nan,", "lost_readings"),
        (" 10.000,  10.000,", " 10.000,  10000,", "contradicting_numbers"),
    ],
)
def test_power_gadgets_rows_are_their_power_times_their_time(
    tmp_path: Path, cell: str, damaged: str, code: str
) -> None:
    assert cell in gadget()
    assert code in doubts(imported(tmp_path, gadget().replace(cell, damaged)))


def test_powerjoular_writes_milliseconds_without_their_zeros(tmp_path: Path) -> None:
    """ " 4. 73" is 4.073 s: the option for milliseconds pads by blanks, if at all."""
    rows = " 2024- 12- 3  12: 8: 3. 954,0.1,17.5,3.5,14.0\n 2024- 12- 3  12: 8: 4. 73,0.2,16.5,3.5,13.0\n"
    found = imported(tmp_path, JOULAR + rows)
    assert (samples(found, "board")["t_ns"] / 1e6).to_list() == pytest.approx([0, 119])
    assert samples(found, "node")["power_w"].to_list() == [17.5, 16.5]  # not again the CPU and the GPU
    assert samples(found, "node")["util_ratio"].to_list() == [0.1, 0.2]
    assert (
        found.recordings[0].started_utc_ns == 1_733_227_683_954 * 10**6
    )  # 3 December 2024, 12:08:03.954 UTC
    assert len(found.devices) == 2


def test_powerjoular_without_a_gpu_has_no_gpu_of_zero_watts(tmp_path: Path) -> None:
    rows = "".join(f"2025-02-14 14:30:0{s},0.12,7.5,7.5,0.00000\n" for s in range(4))
    found = imported(tmp_path, JOULAR + rows)
    assert [device.boundary for device in found.devices] == ["node"]
    assert doubts(found) == set()


def test_powerjoulars_totals_that_are_no_sums_are_doubted(tmp_path: Path) -> None:
    rows = "".join(f"2025-02-14 14:30:0{s},0.12,{70 if s == 2 else 7.5},7.5,0.0\n" for s in range(4))
    assert doubts(imported(tmp_path, JOULAR + rows)) == {"contradicting_numbers"}


def test_a_processs_share_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="one process's share"):
        imported(tmp_path, "Date,CPU Utilization,CPU Power\n2025-02-14 14:30:00,0.12,7.45\n")


TEXT = """
 Performance counter stats for 'system wide'{runs}:

             20.50 Joules power/energy-pkg/      {spread}
             12.00 Joules power/energy-cores/
              4.25 Joules power/energy-ram/
         {psys} Joules power/energy-psys/

       {elapsed} seconds time elapsed
"""


def perf(runs: str = "", spread: str = "", psys: str = "1,051.10", elapsed: str = "5.001965465") -> str:
    return TEXT.format(runs=runs, spread=spread, psys=psys, elapsed=elapsed)


def test_perf_stat_is_a_result_per_domain_without_the_packages_cores(tmp_path: Path) -> None:
    found = imported(tmp_path, perf())
    assert found.source.format == "perf_stat"
    assert energies(found) == [
        ("package", 20.5, 5.001965465),
        ("dram", 4.25, 5.001965465),
        ("platform", 1051.1, 5.001965465),
    ]
    assert set(found.results["basis"]) == {"measured"}


@pytest.mark.parametrize(
    ("psys", "elapsed", "joules", "seconds"),
    [("1.051,10", "0,500869161", 1051.1, 0.500869161), ("51,10", "5,001965465", 51.1, 5.001965465)],
)
def test_perf_stat_speaks_other_languages(
    tmp_path: Path, psys: str, elapsed: str, joules: float, seconds: float
) -> None:
    assert energies(imported(tmp_path, perf(psys=psys, elapsed=elapsed)))[2] == ("platform", joules, seconds)


@pytest.mark.parametrize(
    ("whole", "damaged", "code"),
    [
        ("20.50 Joules power/energy-pkg/", "20.5? Joules power/energy-pkg/", "unreadable_lines"),
        ("12.00 Joules power/energy-cores/", "12000 Joules power/energy-cores/", "contradicting_numbers"),
        ("seconds time elapsed", "seconds time el", "unreadable_lines"),
    ],
)
def test_perf_stats_damage_is_told(tmp_path: Path, whole: str, damaged: str, code: str) -> None:
    assert whole in perf()
    assert code in doubts(imported(tmp_path, perf().replace(whole, damaged)))


def test_perf_stat_of_ten_runs_is_the_mean_of_one(tmp_path: Path) -> None:
    found = imported(tmp_path, perf(" (10 runs)", "( +-  0.83% )", elapsed="34.922801 +- 0.000736"))
    assert energies(found)[0] == ("package", 20.5, 34.922801)
    assert any("10 runs" in note.text for note in found.notes)


def test_appended_outputs_are_results_of_their_own(tmp_path: Path) -> None:
    found = imported(tmp_path, perf() + perf(elapsed="7.000000000"))
    assert [seconds for boundary, _, seconds in energies(found) if boundary == "package"] == [5.001965465, 7]
    line = "{j},Joules,power/energy-pkg/,20005659301,100.00,,\n"
    found = imported(tmp_path, line.format(j=475.42) + line.format(j=476.35))
    assert [joules for _, joules, _ in energies(found)] == [475.42, 476.35]
    assert doubts(found) == {"no_duration"}  # two sockets' counters ran 20 s in 10 s: not a duration


def test_perf_stat_in_columns_knows_sockets_and_durations(tmp_path: Path) -> None:
    text = (
        "S0;1;20.50;Joules;power/energy-pkg/;5000;100.00;;\nS1;1;22.50;Joules;power/energy-pkg/;5000;100.00;;\n"
        "S0;1;<not counted>;Joules;power/energy-ram/;0;0.00;;\n2500000000;ns;duration_time;2500000000;100.00;;\n"
    )
    found = imported(tmp_path, text)
    assert energies(found) == [("package", 20.5, 2.5), ("package", 22.5, 2.5)]
    assert len(found.devices) == 2
    assert doubts(found) == {"lost_readings"}


def test_perf_stat_torn_by_decimal_commas_gives_no_number(tmp_path: Path) -> None:
    """475,42 Joules under -x, is 475 and 42."""
    with pytest.raises(EcoError, match="no energy of a package"):
        imported(tmp_path, "475,42,Joules,power/energy-pkg/,20005659301,100,00,,\n")


@pytest.mark.parametrize(
    "line",
    [
        "     {t:.9f},{j:.2f},Joules,power/energy-pkg/,2002406532,100.00,,\n",
        "     {t:.9f}              {j:.2f} Joules power/energy-pkg/\n",
        '{{"interval" : {t:.9f}, "counter-value" : "{j:.6f}", "unit" : "Joules", "event" : "power/energy-pkg/"}}\n',
    ],
)
def test_perf_stats_intervals_are_a_counter_from_zero(tmp_path: Path, line: str) -> None:
    """10, 20 and 30 J in the first, second and third second: 60 J."""
    text = "#           time             counts unit events\n" + "".join(
        line.format(t=s, j=10 * s) for s in (1, 2, 3)
    )
    rows = samples(imported(tmp_path, text), "package")
    assert (rows["t_ns"] / 1e9).to_list() == [0, 1, 2, 3]
    assert rows["energy_j"].to_list() == [0, 10, 30, 60]


def test_perf_stats_intervals_of_two_recordings_are_not_one(tmp_path: Path) -> None:
    text = "".join(f"{s}.000000000,10.00,Joules,power/energy-pkg/,1,100.00,,\n" for s in (1, 2, 1, 2))
    with pytest.raises(EcoError, match="start anew"):
        imported(tmp_path, text)
