"""Published data sets import with the row counts that their SOURCE.md states, and with their own numbers."""

import json
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.head import open_head
from ecoanalysis.importers.read import read
from ecoanalysis.importers.table import read_table
from tests.ecoanalysis.importers.conftest import ROWS, Published


def codes(imported: Imported) -> set[str]:
    return {note.code for note in imported.notes}


@pytest.mark.parametrize("name", ROWS)
def test_every_published_file_has_the_rows_of_its_source(published: Published, name: str) -> None:
    source = published[name].source
    assert (source.format, source.rows_count) == ROWS[name]


def test_joules_per_token_equal_the_leaderboards(published: Published, shared_data: Path) -> None:
    name = "mlenergy_v3/llm_mllm_configs.csv"
    stated = read_table(open_head(shared_data / name))["energy_per_token_joules"].cast(pl.Float64)
    found = published[name].results.sort("row_number")["energy_per_item_j"]
    assert ((found / stated - 1).abs() < 1e-6).all()
    request = "mlenergy_v2/llm_text_generation_chat.csv"
    frame = read_table(open_head(shared_data / request)).select(
        pl.col("Energy/req (J)", "Avg Output Tokens").cast(pl.Float64)
    )
    per_token = (
        published[request].results.sort("row_number")["energy_per_item_j"] * frame["Avg Output Tokens"]
    )
    assert ((per_token / frame["Energy/req (J)"] - 1).abs() < 1e-6).all()


def test_a_predictor_finds_what_it_needs_in_the_configuration(published: Published) -> None:
    config = published["mlenergy_v3/llm_mllm_configs.csv"].configs[0]
    assert (config.batch_size, config.accelerators_count, config.precision) == (8.0, 1, "bf16")
    assert (config.params_count, config.active_params_count) == (30_000_000_000, 3_000_000_000)
    assert published["mlenergy_v3/llm_mllm_configs.csv"].results["batch_size_mean"][0] == 7.752
    image = published["mlenergy_v3/diffusion_configs.csv"].configs[0]
    assert (image.steps, image.input_shape, image.item_unit) == (20, "1024x1024", "image")


def test_mlperf_energy_per_sample_is_the_tables(published: Published, shared_data: Path) -> None:
    name = "mlperf_power_v2_results/power_results.csv.xz"
    stated = read_table(open_head(shared_data / name))["energy_per_sample_j"].cast(pl.Float64)
    results = published[name].results.sort("row_number")
    assert ((results["energy_per_item_j"] / stated - 1).abs() < 1e-9).all()
    assert results.filter(pl.col("basis") == "derived").height == 2856
    assert set(results["boundary"]) == {"wall"}
    # Round v2.0 submitted the platforms odroid-… under the Xavier's system file; v2.1 names the board: 846 rows.
    boards = results.filter(pl.col("extra").str.contains('"platform": "odroid-'))
    assert set(boards["label"]) == {"Odroid N2+ (odroid)"}
    assert "mislabelled_system" in codes(published[name])


def test_traces_come_with_their_windows_and_without_error_readings(published: Published) -> None:
    imported = published["mlperf_power_v1.0_wall_traces/runs.csv.xz"]
    samples = pl.concat(list(read(Path(imported.source.path)).samples))
    assert samples.height == 310_504 - 2  # two readings of 0 W or less
    assert samples["power_w"].min() > 0  # type: ignore[operator]
    ends = {mark.run_id: mark for mark in imported.marks if mark.items_count}
    assert len(ends) == 468
    assert {"inferred_scenario", "analyser_error", "power_capped"} <= codes(imported)


def test_luccionis_modelled_and_shared_parts_are_told_apart(published: Published) -> None:
    imported = published["luccioni_co2_inference/emissions_runs.csv.xz"]
    assert {
        "all_gpus_charged",
        "constant_cpu_power",
        "modelled_ram",
        "modelled_ram_large",
        "failed_geolocation",
    } <= codes(imported)
    by_part = dict(imported.results.group_by("boundary").agg(pl.col("basis").unique().sort()).iter_rows())
    assert by_part == {
        "board": ["measured"],
        "package": ["estimated"],
        "dram": ["estimated"],
        "node": ["estimated"],
    }
    assert imported.results.filter(pl.col("region").is_null()).height == 4 * 4
    assert all(config.accelerators_count == 8 for config in imported.configs)


def test_idle_subtracted_energies_are_found_and_gross_is_taken(published: Published) -> None:
    imported = published["ecocompute_quantenergy/ecocompute_results.csv"]
    found = [note for note in imported.notes if note.code == "idle_subtracted"]
    assert found
    assert all("RTX 4090D" in note.text for note in found)
    results = imported.results.with_columns(
        (pl.col("mean_power_w") / pl.col("throughput_items_per_s")).alias("gross")
    )
    assert ((results["energy_per_item_j"] / results["gross"] - 1).abs() < 0.03).all()


def test_int8_variants_stay_apart(published: Published) -> None:
    precisions = {
        config.precision for config in published["ecocompute_quantenergy/ecocompute_results.csv"].configs
    }
    assert precisions == {"fp16", "nf4", "int8-std", "int8-pure"}


def test_raw_quantization_runs_keep_the_files_joules_per_token(
    published: Published, shared_data: Path
) -> None:
    name = "ecocompute_quantenergy/a800_mistral7b_pure_int8_batch_size_raw_20260215_131345.csv"
    stated = read_table(open_head(shared_data / name))["energy_per_1k_tokens_j"].cast(pl.Float64) / 1000
    assert ((published[name].results.sort("row_number")["energy_per_item_j"] / stated - 1).abs() < 1e-6).all()


def test_argonnes_milliwatts_are_watts_and_tokens_are_output_tokens(published: Published) -> None:
    imported = published["argonne_llm_inference_bench_power/power_results.csv"]
    assert {"milliwatt_column", "throughput_counts_prompt"} <= codes(imported)
    first = imported.results.row(0, named=True)
    assert first["mean_power_w"] == pytest.approx(222.12, abs=0.01)
    assert first["throughput_items_per_s"] == pytest.approx(1024 / 13.976858, rel=1e-6)


def test_training_is_never_called_inference(published: Published) -> None:
    for name in (
        "dosgroup_gpu_power_training/configs.csv.xz",
        "zeus_power_limit_training/summary_power_4gpus.csv",
    ):
        assert {config.task for config in published[name].configs} <= {"training", "idle"}
    dosgroup = published["dosgroup_gpu_power_training/configs.csv.xz"]
    walls = dosgroup.results.filter(pl.col("boundary") == "wall")
    assert (
        walls.height == 393 + 505 + 505 + 337
    )  # the boards with a meter; `check_meters` says which do not count


def test_remote_runs_and_copied_rows_are_out_of_use(published: Published) -> None:
    remote = [
        note
        for note in published["greenlab_llm_runtables/cain2025_ondevice_vs_remote_run_table.csv"].notes
        if note.severity == "error"
    ]
    assert len(remote) == 630
    copies = [
        note
        for note in published["alejandroldz_gguf_quant_energy/runs.csv"].notes
        if note.code == "duplicate_row"
    ]
    assert len(copies) == 381 - 213


def test_server_loads_have_power_and_no_item(published: Published) -> None:
    results = published["specpower_ssj2008/spec_power_cleaned.csv.xz"].results
    assert results["energy_per_item_j"].null_count() == results.height
    assert results.height == 619 * 11


def test_a_models_file_of_the_leaderboard_says_model_and_task_once(tmp_path: Path) -> None:
    """The shape of public/data/models: model, task and sizes on top, the degrees of parallelism nested."""
    run = {
        "gpu_model": "B200", "num_gpus": 8, "max_num_seqs": 128, "energy_per_token_joules": 0.25,
        "output_throughput_tokens_per_sec": 2000.0, "avg_power_watts": 500.0,
        "parallelization": {"tensor_parallel": 4, "expert_parallel": 8, "data_parallel": 1, "notes": ""},
        "output_length_distribution": {"bins": [1.0, 2.0], "counts": [3]},
    }  # fmt: skip
    document = {
        "model_id": "Qwen/Qwen3-8B", "task": "gpqa", "weight_precision": "bfloat16", "total_params_billions": 8.0,
        "activated_params_billions": 8.0, "architecture": "Dense Transformer", "configurations": [run],
    }  # fmt: skip
    path = tmp_path / "Qwen__Qwen3-8B__gpqa.json"
    path.write_text(json.dumps(document))
    imported = read(path)
    config = imported.configs[0]
    assert (config.model, config.task, config.precision) == ("Qwen/Qwen3-8B", "gpqa", "bf16")
    assert (config.params_count, config.parallelism) == (8_000_000_000, "tp4ep8")
    assert imported.results["energy_per_item_j"].to_list() == [0.25]
