"""Tables of results in the shapes that people publish: each number is what a careful reader would take it for."""

import shlex
from pathlib import Path

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.guess import guess
from ecoanalysis.importers.read import read

Row = dict[str, object]


def imported(tmp_path: Path, text: str, name: str = "table.csv", **options: object) -> Imported:
    path = tmp_path / name
    path.write_text(text)
    return read(path, Options(**options))  # type: ignore[arg-type]


def only_row(tmp_path: Path, text: str) -> Row:
    results = imported(tmp_path, text).results
    assert results.height == 1
    return results.row(0, named=True)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes}


@pytest.mark.parametrize(
    ("name", "cell", "joules", "item"),
    [
        ("wh_per_1k_tokens", "0.5", 1.8, "token"),  # 0.5 Wh = 1,800 J of 1,000 tokens
        ("kWh per 1M tokens", "2", 7.2, "token"),
        ("Energy (J/1000 queries)", "250", 0.25, "request"),
        ("Best J/tok", "0.025", 0.025, "token"),
        ("energy_j_per_output_token", "2.5", 2.5, "token"),
        ("mJ/img", "45", 0.045, "image"),
        ("Wh/query", "0.3", 1080, "request"),
        ("Tokens/J", "0.5", 2, "token"),
        ("output_tokens_per_kwh", "1800000", 2, "token"),
        ("tok/s/W", "4", 0.25, "token"),
    ],
)
def test_an_energy_per_item_is_joules_per_one_item(
    tmp_path: Path, name: str, cell: str, joules: float, item: str
) -> None:
    row = only_row(tmp_path, f"model,{name}\nllama-2-7b,{cell}\n")
    assert (row["energy_per_item_j"], row["item_unit"]) == (pytest.approx(joules), item)


@pytest.mark.parametrize(
    "header",
    [
        "model,energy_per_input_token_j",  # the prompt's, not the answer's
        "model,Prefill (mJ/tok)",
        "model,Energy / Correct (J)",
        "model,energy_per_epoch_j",
        "model,std_energy_j",
        "model,idle_energy_wh",
        "model,peak_power_w,duration_s",
        "model,tokens_per_watt",  # of what time?
        "model,Factor_ES_g_kwh",
        "model,energy_saving_j",
    ],
)
def test_what_is_no_energy_of_a_run_is_not_taken_for_one(header: str) -> None:
    assert guess(header.split(",")) == {}


def test_energies_of_several_boundaries_are_a_result_each(tmp_path: Path) -> None:
    text = (
        "model,gpu_energy_kwh,cpu_energy_kwh,ram_energy_kwh,total_energy_kwh,duration_s\ngpt2,4,2,1,7,1000\n"
    )
    found = imported(tmp_path, text).results
    energies = dict(found.select("boundary", "energy_j").iter_rows())
    assert energies == {"board": 14.4e6, "package": 7.2e6, "dram": 3.6e6, "node": 25.2e6}
    assert dict(found.select("boundary", "mean_power_w").iter_rows())["board"] == 14_400


def test_a_table_with_epochs_is_of_training(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "Model,Epochs,Elapsed Time (s),CPU Energy (kJ),GPU Energy (kJ)\nAlexNet,25,2000,50,70\n"
    )
    assert found.configs[0].task == "training"
    assert found.results.select("boundary", "energy_j", "mean_power_w").rows() == [
        ("package", 50_000, 25),
        ("board", 70_000, 35),
    ]


def test_energies_of_phases_are_left_out_beside_one_of_a_whole_part(tmp_path: Path) -> None:
    found = imported(tmp_path, "model,gpu_energy_j,prefill_energy_j,decode_energy_j\ngpt2,7,3,4\n")
    assert found.results.select("boundary", "energy_j").rows() == [("board", 7)]
    assert "prefill_energy_j, decode_energy_j" in next(
        n.text for n in found.notes if n.code == "energies_left_out"
    )


def test_a_total_without_parts_names_no_boundary_and_a_socket_is_the_cpus(tmp_path: Path) -> None:
    assert only_row(tmp_path, "model,total_energy_j\ngpt2,7\n")["boundary"] == "unknown"
    assert only_row(tmp_path, "model,socket_energy_j\ngpt2,7\n")["boundary"] == "package"


def test_the_energy_per_item_is_of_the_part_of_the_only_total(tmp_path: Path) -> None:
    header = "model,joules_per_token,gpu_energy_joules,avg_cpu_power_w,decode_tokens_per_s,tokens_per_s\n"
    row = only_row(tmp_path, header + "x,2,500,9,90,50\n")
    assert (row["boundary"], row["energy_j"], row["energy_per_item_j"]) == ("board", 500, 2)
    assert row["mean_power_w"] is None  # the CPU's power is not that of this energy
    assert row["throughput_items_per_s"] == 50  # of the run, not of a phase


def test_power_with_a_duration_or_a_rate_is_an_energy_and_says_so(tmp_path: Path) -> None:
    found = imported(tmp_path, "model,gpu,avg_watts,duration_s,throughput_tok_s\nqwen2.5-7b,L4,60,20,30\n")
    row = found.results.row(0, named=True)
    assert (row["energy_j"], row["energy_per_item_j"], row["item_unit"]) == (1200, 2, "token")
    assert row["basis"] == "estimated"
    assert "energy_from_power" in codes(found)


def test_an_energy_net_of_idle_says_so_and_gross_goes_before_it(tmp_path: Path) -> None:
    net = imported(tmp_path, "model,Net_Energy_J\nphi-3,300\n")
    assert net.results["energy_j"].to_list() == [300]
    assert "idle_subtracted" in codes(net)
    both = imported(
        tmp_path, "model,net_energy_joules,total_energy_joules,joules_per_token\nphi-3,300,400,3\n"
    )
    assert both.results["energy_j"].to_list() == [400]
    assert {"net_or_gross", "energies_left_out"} <= codes(both)
    assert "idle_subtracted" not in codes(both)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("model,device,fp16_energy_j,int8_energy_j", "bert,NVIDIA T4,12,8"),
        ("model,device,J/token fp16,J/token int8", "bert,NVIDIA T4,3,2"),
        ("Strategy,Energy (J)", "long,12"),
        ("model,energy,latency", "bert,12,1"),
        ("model,fp16_energy_j,int8_energy_j,power_w,duration_s", "bert,12,8,2,6"),
    ],
)
def test_what_is_left_open_is_refused_with_a_command_that_works(
    tmp_path: Path, header: str, rows: str
) -> None:
    path = tmp_path / "my table.csv"
    path.write_text(f"{header}\n{rows}\n")
    with pytest.raises(EcoError, match="leave open") as error:
        read(path)
    words = shlex.split(str(error.value.hint).replace("UNIT", "J").replace("MODEL", "bert"))
    assert words[:3] == ["eco", "import", str(path)]
    options = {"--column": {}, "--set": {}, "--format": {}}  # type: dict[str, dict[str, str]]
    for option, value in zip(words[3::2], words[4::2], strict=True):
        name, _, theirs = value.partition("=")
        options[option][name] = theirs
    again = read(
        path,
        Options(format=next(iter(options["--format"])), columns=options["--column"], said=options["--set"]),
    )
    assert again.configs[0].model == "bert"
    assert {3, 12} & {again.results["energy_j"][0], again.results["energy_per_item_j"][0]}


def test_headings_of_other_languages_are_understood(tmp_path: Path) -> None:
    german = "Modell;Gerät;Quantisierung;Energie (Wh);Dauer (s);Energie pro Anfrage (Wh)\n"
    found = imported(tmp_path, german + "Llama 3.1 8B;RTX 4090;Q4_K_M;1,5;20;0,25\n")
    row = found.results.row(0, named=True)
    assert (row["energy_j"], row["energy_per_item_j"], row["item_unit"]) == (5400, 900, "request")
    assert found.configs[0].precision == "q4_k_m"
    assert found.devices[0].name == "NVIDIA GeForce RTX 4090"
    french = imported(tmp_path, "Modèle,Énergie (kWh),Durée (s)\nmistral-7b,0.002,100\n").results.row(
        0, named=True
    )
    assert (french["energy_j"], french["duration_s"]) == (7200, 100)
    assert "precision" not in guess(["Modelo", "Energía (J)", "Precisión"])  # the accuracy


def test_a_mean_with_its_spread_and_thousands_are_numbers_and_a_doubtful_comma_is_none(
    tmp_path: Path,
) -> None:
    spread = imported(tmp_path, "model,J/image,latency_ms\nresnet50,0.52 ± 0.03,14.2 +/- 0.4\n").results
    assert spread.select("energy_per_item_j", "latency_s").row(0) == (0.52, pytest.approx(0.0142))
    rows = 'a,"1,896.5"\nb,"2,611"\nc,12.5\n'
    assert imported(tmp_path, "model,energy_j\n" + rows).results["energy_j"].to_list() == [1896.5, 2611, 12.5]
    doubtful = imported(tmp_path, 'model,energy_j\nb,"2,611"\nc,12.5\n')
    assert doubtful.results["energy_j"].to_list() == [None, 12.5]
    assert "unreadable_numbers" in codes(doubtful)


def test_the_quantization_goes_before_the_dtype_and_none_is_no_quantization(tmp_path: Path) -> None:
    rows = "a,float16,nf4,6\nb,float16,none,2\n"
    found = imported(tmp_path, "model_id,dtype,quantization_mode,joules_per_token\n" + rows)
    assert {config.model: config.precision for config in found.configs} == {"a": "nf4", "b": "fp16"}


def test_a_column_of_known_precisions_names_them_whatever_its_heading(tmp_path: Path) -> None:
    found = imported(tmp_path, "model,condition,size,energy_j\na,fp16,half,6\na,nf4,full,2\n")
    assert {config.precision for config in found.configs} == {"fp16", "nf4"}


def test_durations_are_no_clock(tmp_path: Path) -> None:
    rows = "".join(f"{ms},300\n" for ms in (5, 2, 9, 1, 4))
    with pytest.raises(EcoError, match="goes back 2 times in 5 rows"):
        imported(tmp_path, "time (ms),power(W)\n" + rows)


def test_a_run_tables_energy_takes_the_unit_that_is_said_and_keeps_its_filters(tmp_path: Path) -> None:
    text = "__run_id,__done,model,GPU Energy\nrun_0,DONE,phi3:mini,12.5\nrun_1,TODO,phi3:mini, \n"
    silent = imported(tmp_path, text)
    note = next(note for note in silent.notes if note.code == "no_energy")
    assert "--format experiment_runner --column 'energy_j.board=GPU Energy:J'" in str(note.hint)
    said = imported(tmp_path, text, format="experiment_runner", columns={"energy_j.board": "GPU Energy:kJ"})
    assert said.results.select("boundary", "energy_j").rows() == [("board", 12_500)]
    with pytest.raises(EcoError, match="not an energy of this run table"):
        imported(tmp_path, text, format="experiment_runner", columns={"energy_j": "GPU Energy"})


def test_parts_of_the_package_are_not_the_node_and_zeros_are_no_readings(tmp_path: Path) -> None:
    header = "__run_id,__done,model_version,input_size,DRAM_ENERGY (J),PACKAGE_ENERGY (J),PP0_ENERGY (J),run_time\n"
    found = imported(tmp_path, header + "a,DONE,llama2,short,0,100,80,2\nb,DONE,llama2,long,0,300,250,4\n")
    rows = found.results.select("boundary", "energy_j", "mean_power_w").rows()
    assert rows == [("package", 100, 50), ("package", 300, 75)]
    assert "no_reading" in codes(found)
    assert {config.model for config in found.configs} == {"llama2"}
    assert len({config.scenario for config in found.configs}) == 2  # a long input is no repeat of a short one


def test_a_map_that_names_no_energy_completes_the_guess(tmp_path: Path) -> None:
    text = "model,energy_j,output_tokens\ngpt2,500,250\n"
    note = next(note for note in imported(tmp_path, text).notes if note.code == "items_not_counted")
    assert str(note.hint).endswith(
        "--format generic --column items_count=output_tokens --column item_unit==token"
    )
    columns = {"items_count": "output_tokens", "item_unit": "=token"}
    row = imported(tmp_path, text, columns=columns).results.row(0, named=True)
    assert (row["energy_per_item_j"], row["item_unit"]) == (2, "token")


def test_a_time_that_does_not_lead_is_a_runs(tmp_path: Path) -> None:
    assert guess(["size", "threads", "energy (mJ)", "power (mW)", "time (s)"]) == {}
    assert "time" in guess(["time (s)", "power (mW)"])


def test_mlenergys_first_files_name_their_gpu_and_task(tmp_path: Path) -> None:
    text = "model,throughput,response_length,latency,energy\nlmsys/vicuna-7B,30,200,7,1600\n"
    found = imported(tmp_path, text, "A40_chat-concise_benchmark.csv")
    row = found.results.row(0, named=True)
    assert (row["energy_per_item_j"], row["item_unit"], row["boundary"]) == (8, "token", "board")
    assert (found.devices[0].name, found.configs[0].task) == ("NVIDIA A40", "chat-concise")
    assert imported(tmp_path, text, "benchmark.csv").devices[0].name == "unknown"


def test_only_the_whole_energy_of_a_run_is_a_run_tables_energy(tmp_path: Path) -> None:
    """Per token, spread and net are none of it; a duration without a unit is taken as seconds, and that is said."""
    head = "__run_id,__done,model,std energy (J),energy per token (J),net energy (J),energy (J),duration\n"
    found = imported(tmp_path, head + "run_0,DONE,toy,3,0.5,80,100,4\n")
    assert (found.results["energy_j"].to_list(), found.results["duration_s"].to_list()) == ([100], [4])
    assert {"energies_left_out", "duration_in_seconds"} <= codes(found)
    only_net = imported(tmp_path, "__run_id,__done,model,net energy (J)\nrun_0,DONE,toy,80\n")
    assert "idle_subtracted" in codes(only_net)


def test_a_power_that_names_its_part_is_none_beside_an_energy_that_names_none(tmp_path: Path) -> None:
    found = guess(("model", "energy_per_token_j", "avg_socket_power_w", "tokens_per_s"))
    assert "mean_power_w" not in found


def test_an_energy_that_is_derived_is_of_what_its_power_is_of(tmp_path: Path) -> None:
    row = only_row(tmp_path, "model,avg_gpu_power_w,duration_s\ntoy,300,10\n")
    assert (row["energy_j"], row["boundary"]) == (3000, "board")


@pytest.mark.parametrize(
    ("name", "joules"), [("energy_MJ", 2e6), ("energy_mJ", 2e-3), ("energy_mj", 2e-3), ("energy_MWh", 7.2e9)]
)
def test_capitals_part_mega_from_milli(tmp_path: Path, name: str, joules: float) -> None:
    assert only_row(tmp_path, f"model,{name}\ntoy,2\n")["energy_j"] == pytest.approx(joules)
    assert guess(("MODEL", "ENERGY_MJ")) == {}, "all in capitals it may be either"
