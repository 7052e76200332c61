"""Files in the shapes that other tools write: copied from what they wrote here, or from their published examples."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.read import read


def codes(imported: Imported) -> set[str]:
    return {note.code for note in imported.notes}


def test_codecarbon_2_has_its_pue_in_the_energies_and_a_constant_for_a_processor_that_it_does_not_know(
    tmp_path: Path,
) -> None:
    """A record that 2.3.4 wrote on a machine without sensors, with pue=1.5: 42.5 W for 3.6 s are 153.6 J."""
    path = tmp_path / "emissions.csv"
    path.write_text(
        "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
        "gpu_energy,ram_energy,energy_consumed,country_name,country_iso_code,region,codecarbon_version,cpu_count,"
        "cpu_model,gpu_count,gpu_model,ram_total_size,tracking_mode,on_cloud,pue\n"
        "2026-11-27T15:08:39,codecarbon,0cb37654,3.614398956298828,5.208604650780029e-06,1.4410707599677042e-06,42.5,"
        "0.0,8.827720642089844,6.40022414426009e-05,0,1.3288226739325637e-05,7.729046818192654e-05,France,FRA,,2.3.4,"
        "2,AMD EPYC,,,23.54058837890625,machine,N,1.5\n"
    )
    imported = read(path)
    package = imported.results.filter(pl.col("boundary") == "package").row(0, named=True)
    assert package["energy_j"] == pytest.approx(42.5 * 3.6144, rel=1e-4)
    assert package["method"] == "CodeCarbon CPU: constant 42.5 W"
    assert "constant_cpu_power" in codes(imported)


def test_boamps_of_2024_names_its_unit_and_each_measure_its_part(tmp_path: Path) -> None:
    """The shapes of the published examples: Wh with a field `unit`, and CPU and GPU as two measures."""
    report = {
        "task": {"taskStage": "inference", "taskFamily": "chatbot", "nbRequest": 2,
                 "algorithms": [{"foundationModelName": "llama2-13b", "parametersNumber": 13}]},
        "measures": [
            {"measurementMethod": "codecarbon", "unit": "Wh", "powerConsumption": 351, "measurementDuration": 1500},
            {"measurementMethod": "perf", "cpuTrackingMode": "rapl", "powerConsumption": 0.001},
            {"measurementMethod": "nvidia-smi", "gpuTrackingMode": "nvml", "powerConsumption": 0.002, "unit": "kWh"},
            {"measurementMethod": "codecarbon", "cpuTrackingMode": "constant", "powerConsumption": 0.003},
            {"measurementMethod": "wattmeter", "powerConsumption": 2, "unit": "furlong"},
        ],
        "infrastructure": {"components": [
            {"componentName": "cpu", "nbComponent": 4, "manufacturer": "AMD", "family": "Ryzen", "series": "7000X3D"},
            {"componentName": "2 x Tesla V100S-PCIE-32GB", "componentType": "gpu", "nbComponent": 2}]},
    }  # fmt: skip
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    imported = read(path)
    rows = imported.results
    assert rows["energy_j"].to_list() == pytest.approx([351 * 3600, 3600, 7200, 10800, None])
    assert rows["boundary"].to_list() == ["node", "package", "board", "package", "wall"]
    assert {config.accelerators_count for config in imported.configs} == {2}
    assert rows["basis"].to_list() == ["estimated", "measured", "measured", "estimated", "measured"]
    assert {device.name for device in imported.devices} == {
        "AMD Ryzen 7000X3D",
        "NVIDIA Tesla V100S PCIe 32GB",
    }
    assert codes(imported) >= {"unknown_unit", "unit_field"}


def test_boamps_of_2023_and_2024_count_requests_and_tokens_within_the_data_set(tmp_path: Path) -> None:
    """The shapes of the project's examples report1.json and energy-report-example-1.json; 2023 named in snake case."""
    report = {
        "task": {"taskStage": "inference", "taskFamily": "chatbot", "algorithms": [{"algorithmName": "llama2-13b"}],
                 "dataset": [{"dataType": "text", "inferenceProperties": [
                     {"nbRequest": "2", "parametersNLP": {"nbTokensInput": 37, "nbTokensOutput": "103"}}]}]},
        "measures": [{"measurement_method": "perf", "cpu_tracking_mode": "rapl", "unit": "TJoule",
                      "powerConsumption": 2e-9, "measureDuration": 20, "measureDateTime": "2024-11-29 11:13:37"}],
    }  # fmt: skip
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    imported = read(path)
    row, config = imported.results.row(0, named=True), imported.configs[0]
    assert (row["energy_j"], row["energy_per_item_j"]) == pytest.approx((2000, 1000))
    assert row["item_unit"] == "request"
    assert (row["boundary"], row["duration_s"], row["method"]) == ("package", 20, "BoAmps: perf")
    assert row["started_utc_ns"] == 1_732_878_817 * 10**9  # date -u -d "2024-11-29 11:13:37" +%s
    assert (config.model, config.family, config.task) == ("llama2-13b", "Llama", "text-generation")
    assert (config.input_tokens, config.output_tokens) == (37, 103)


def test_zeus_without_a_sensor_says_that_nothing_was_metered(tmp_path: Path) -> None:
    """What 0.16.0 writes on a machine without a GPU and without RAPL."""
    path = tmp_path / "m.json"
    path.write_text(
        '{"time": 1.004, "gpu_energy": {}, "cpu_energy": null, "dram_energy": null, "soc_energy": null}'
    )
    imported = read(path)
    assert imported.results.is_empty()
    assert "nothing_metered" in codes(imported)


def test_eco2ai_without_a_gpu_is_of_its_processor(tmp_path: Path) -> None:
    """A row that 0.3.12 wrote on a machine without a GPU."""
    path = tmp_path / "e.csv"
    path.write_text(
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
        "CPU_name,GPU_name,OS,region/country,cost\n"
        "cdd73e13,p,d,N/A,2026-11-27 15:15:23,2.2471189498901367,2.0227423213630877e-08,1.3659578896164932e-09,"
        '"AMD EPYC/1 device(s), TDP:500.0", 0 device(s),Linux,FR,0\n'
    )
    assert [device.name for device in read(path).devices] == ["AMD EPYC"]


def test_eco2ai_rows_of_a_training_are_its_epochs(tmp_path: Path) -> None:
    """Rows as `start_training` of 0.3.12 writes them: one id, an epoch each."""
    path = tmp_path / "e.csv"
    path.write_text(
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
        "CPU_name,GPU_name,OS,region/country,cost\n"
        + "".join(
            f'b8a9,p,d,"epoch: {n}, loss: 0.{n}, ",2026-11-27 15:15:2{n},1.5,0.00001,0.000003,X,,Linux,DE,0\n'
            for n in (1, 2)
        )
    )
    results = read(path).results
    assert results["label"].to_list() == ["epoch: 1", "epoch: 2"]
    assert results["energy_per_item_j"].to_list() == pytest.approx([36.0, 36.0])
    assert set(results["item_unit"]) == {"epoch"}


def test_perun_that_saw_one_core_only_is_refused_for_that(tmp_path: Path) -> None:
    """Version 1.0.0 without RAPL writes the use of core 0: no use of the processor."""
    path = tmp_path / "app.csv"
    path.write_text(
        ",run id,hostname,device_group,sensor,unit,magnitude,timestep,value\n"
        "0,0,vm,cpu,CPU_USAGE_0,%,1.0,0.0,51.5\n1,0,vm,cpu,CPU_USAGE_0,%,1.0,1.0,100.0\n"
    )
    with pytest.raises(EcoError, match="nothing that meters"):
        read(path)


def test_optimum_benchmark_parts_prefill_from_decode(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.json"
    path.write_text(
        '{"config": {"backend": {"model": "gpt2", "torch_dtype": "float16"}, '
        '"scenario": {"input_shapes": {"batch_size": 2, "sequence_length": 100},'
        '"generate_kwargs": {"max_new_tokens": 51}}}, '
        '"report": {"prefill": {"energy": {"unit": "kWh", "gpu": 1e-6, "total": 2e-6}}, '
        '"decode": {"energy": {"unit": "kWh", "gpu": 1e-5}}}}'
    )
    results = read(path).results
    gpu = {
        row["label"]: row["energy_per_item_j"]
        for row in results.iter_rows(named=True)
        if row["boundary"] == "board"
    }
    assert gpu == pytest.approx({"prefill": 3.6 / 200, "decode": 36 / 100})


def test_the_energy_score_leaderboard_states_kwh_for_a_thousand_queries(tmp_path: Path) -> None:
    path = tmp_path / "text_generation.csv"
    path.write_text("provider,model,total_gpu_energy,energy_score\nmeta,Llama-3.1-8B,0.5,3\nx,y,,\n")
    imported = read(path)
    row = imported.results.row(0, named=True)
    assert imported.source.format == "ai_energy_score"
    assert row["energy_per_item_j"] == pytest.approx(
        0.5 * 3.6e6 / 1000
    )  # 0.5 kWh over 1,000 queries: 1.8 kJ each
    assert (row["boundary"], imported.configs[0].task) == ("board", "text-generation")
    assert imported.results.height == 1
    assert {"device_from_protocol", "no_energy"} <= codes(imported)


def test_the_energy_score_runner_counts_answered_prompts_only(tmp_path: Path) -> None:
    path = tmp_path / "master_results.csv"
    path.write_text(
        "model_name,task,reasoning_state,total_prompts,successful_prompts,total_duration_seconds,gpu_energy_wh\n"
        "openai/gpt-oss-20b,reasoning,High,10,8,120,4.0\n"
    )
    row = read(path).results.row(0, named=True)
    assert row["energy_per_item_j"] == pytest.approx(4.0 * 3600 / 8)
    assert row["mean_power_w"] == pytest.approx(120.0)


def test_ecolyzer_results_are_all_modelled(tmp_path: Path) -> None:
    path = tmp_path / "eco.csv"
    path.write_text(
        "model_name,task,quantization,total_energy_kwh,co2_emissions_kg,ess,num_samples\n"
        "gpt2,text,fp16,0.001,0.0005,0.2,100\n"
    )
    imported = read(path)
    assert imported.source.format == "ecolyzer"
    assert imported.results["energy_per_item_j"].to_list() == [36.0]
    assert "all_modelled" in codes(imported)


def test_ecolyzer_reports_state_co2_of_the_inference_and_no_energy(tmp_path: Path) -> None:
    """The shape that its runner writes: evaluations by key, failed ones, and watts of a pause after the inference."""
    one = {
        "framework": "huggingface", "model_name": "gpt2", "dataset_name": "wikitext", "task": "text",
        "successful_predictions": 50, "hardware_profile": {"device_category": "datacenter", "region": "EU"},
        "accuracy_metrics": {"accuracy": 0.5},
        "emissions_analysis": {"loading_kg_co2": 0.001, "inference_kg_co2": 0.002, "total_kg_co2": 0.0035},
        "environmental_assessment": {"power_analysis": {"average_watts": 60.0, "total_energy_wh": 5.0}},
    }  # fmt: skip
    results = {"a": one, "ERROR__b": {"error": "out of memory", "model_name": "b"}, "final_report": {"x": {}}}
    path = tmp_path / "ml_ecolyzer_comprehensive_results.json"
    path.write_text(
        json.dumps({"framework_metadata": {"framework_version": "ML-EcoLyzer v1.0"}, "results": results})
    )
    imported = read(path)
    row = imported.results.row(0, named=True)
    assert imported.source.format == "ecolyzer"
    assert (row["energy_j"], row["co2_g_reported"], row["items_count"]) == (None, pytest.approx(2.0), 50)
    assert (row["quality_value"], row["region"], row["basis"]) == (0.5, "EU", "estimated")
    assert imported.results.height == 1
    assert codes(imported) >= {"no_energy", "failed_evaluation"}


def test_ecolyzer_summaries_are_recognised_without_an_ess(tmp_path: Path) -> None:
    path = tmp_path / "ml_ecolyzer_summary.csv"
    path.write_text(
        "framework,model_name,dataset_name,task,device_category,total_co2_kg,total_water_liters,"
        "water_bottles_equivalent,efficiency_score,accuracy,samples_processed,region\n"
        "sklearn,rf,iris,classification,desktop_gpu,0.0004,0.01,0.02,0.6,0.9,30,US\n"
    )
    imported = read(path)
    assert imported.source.format == "ecolyzer"
    assert imported.results["co2_g_reported"].to_list() == pytest.approx([0.4])
    assert imported.results["energy_j"].to_list() == [None]


def test_optimum_benchmark_counts_images_and_beams_and_refuses_a_report_without_energy(
    tmp_path: Path,
) -> None:
    environment = {"gpu": ["NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-80GB"], "gpu_count": 2}
    images = {"input_shapes": {"batch_size": 2}, "call_kwargs": {"num_images_per_prompt": 3}}
    path = tmp_path / "benchmark.json"
    path.write_text(
        json.dumps(
            {
                "config": {"backend": {"model": "sdxl", "dtype": "float16"}, "scenario": images,
                           "environment": environment},
                "report": {"call": {"energy": {"unit": "kWh", "gpu": 6e-5}},
                           "decode": {"energy": {"unit": "kWh", "gpu": -1e-6}}},
            }
        )
    )  # fmt: skip
    imported = read(path)
    row = imported.results.row(0, named=True)
    assert (row["item_unit"], row["items_count"]) == ("image", 6)
    assert row["energy_per_item_j"] == pytest.approx(36)
    assert imported.configs[0].precision == "fp16"
    assert [device.name for device in imported.devices] == ["NVIDIA A100 SXM4 80GB"]
    assert "negative_energy" in codes(imported)
    path.write_text(
        '{"forward": {"latency": {"unit": "s", "mean": 11.3}, "energy": null, "efficiency": null}}'
    )
    with pytest.raises(EcoError, match="no energy in this report"):
        read(path)


def test_powermetrics_times_carry_their_zone(tmp_path: Path) -> None:
    """14:00:01 at +0100 is 13:00:01 UTC; the block began a second earlier."""
    path = tmp_path / "power.txt"
    path.write_text(
        "*** Sampled system activity (Mon Nov 23 14:00:01 2026 +0100) (1000.00ms elapsed) ***\nCPU Power: 1500 mW\n"
    )
    began = datetime(2026, 11, 23, 13, 0, 0, tzinfo=UTC)
    assert read(path).recordings[0].started_utc_ns == int(began.timestamp()) * 10**9


@pytest.mark.parametrize(
    ("backend", "precision"),
    [
        ('"model": "openai/Qwen3-8B-BF16", "torch_dtype": "float32"', "fp32"),
        ('"model": "openai/Qwen3-8B-BF16"', "bf16"),
        ('"model": "Qwen/Qwen3-8B-AWQ", "torch_dtype": "float16"', "int4"),
        ('"model": "Qwen/Qwen3-8B-BF16", "torch_dtype": "float16", "quantization_scheme": "gptq"', "int4"),
    ],
)
def test_optimum_benchmark_of_quantised_weights_is_not_labelled_by_its_torch_dtype(
    tmp_path: Path, backend: str, precision: str
) -> None:
    path = tmp_path / "benchmark.json"
    report = '{"prefill": {"energy": {"unit": "kWh", "gpu": 1e-6}}}'
    path.write_text(f'{{"config": {{"backend": {{{backend}}}}}, "report": {report}}}')
    assert {config.precision for config in read(path).configs} == {precision}


def test_the_llm_energy_benchmark_is_read_in_its_own_spanish(tmp_path: Path) -> None:
    """The header and a row of resultados/q_citic.csv: "Precisión" is the accuracy, the machine is in the name."""
    path = tmp_path / "q_citic.csv"
    path.write_text(
        "Modelo,Motor,Hardware,Tarea,Numero de Problemas,Numero de Lotes,Tamaño Batch,Precisión,Energía (kWh),"
        "Energía (J),CO2 (kg),EDP (J*s),Tokens Prompt,Tokens Generados,TTFT Medio (s),TPOT (s/token),"
        "Throughput Decode (tok/s),Throughput Total (tok/s),Inferencia Media (s),Energía (J/token gen),Cuantizacion,"
        "Attention Implementation,Speculative Decoding\n"
        "Qwen/Qwen2.5-Coder-3B-Instruct-GGUF/qwen2.5-coder-3b-instruct-q8_0.gguf,llamacpp,cuda,humaneval,164,164,1,"
        "71.34,0.0132955010538578,47863.803793888284,0.0023,14018412.6,51675,10812,0.113,0.02537,39.41,213.35,"
        "1.7858615241399625,4.4269,q8_0,,\n"
    )
    imported = read(path)
    row, config = imported.results.row(0, named=True), imported.configs[0]
    assert imported.source.format == "gguf"
    assert (row["energy_j"], row["items_count"], row["quality_value"]) == (
        pytest.approx(47863.8038),
        164,
        71.34,
    )
    assert (row["boundary"], row["basis"], imported.devices[0].name) == ("node", "estimated", "NVIDIA A2")
    assert (config.family, config.precision, config.task) == ("Qwen", "q8_0", "humaneval")
    assert config.output_tokens == pytest.approx(10812 / 164)


def test_the_runs_that_are_not_done_are_told_in_one_note(tmp_path: Path) -> None:
    path = tmp_path / "run_table.csv"
    path.write_text("__run_id,__done,model,energy (J)\n" + "".join(f"run_{n},TODO,m,\n" for n in range(9)))
    assert [note.text for note in read(path).notes if note.code == "unfinished_run"] == [
        "9 of 9 runs are not done: left out, as run_0"
    ]


@pytest.mark.parametrize(
    ("watts", "constant"), [("360.0", True), ("112.5", True), ("10.033112075295069", False)]
)
def test_a_cpu_power_of_a_table_is_told_from_a_reading_in_a_single_row(
    tmp_path: Path, watts: str, constant: bool
) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(
        "project_name,duration,emissions,cpu_power,cpu_energy,energy_consumed,cpu_model\n"
        f"p,116.10263690000284,0.002,{watts},0.0114969562599988,0.0114969562599988,i7-11800H\n"
    )
    assert ("constant_cpu_power" in codes(read(path))) is constant


def test_another_table_is_refused_as_the_llm_energy_benchmark(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("model,energy_j\nm,5\n")
    with pytest.raises(EcoError, match="no column engine, task"):
        read(tmp_path / "other.csv", Options(format="gguf"))
