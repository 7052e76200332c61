"""The published data sets, each read once for all tests of this folder."""

from pathlib import Path

import pytest

from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read

Published = dict[str, Imported]

# File -> (format, rows as SOURCE.md counts them).
ROWS = {
    "mlenergy_v3/llm_mllm_configs.csv": ("mlenergy_v3", 601),
    "mlenergy_v3/diffusion_configs.csv": ("mlenergy_v3", 638),
    "mlenergy_v2/llm_text_generation_chat.csv": ("mlenergy_v2", 191),
    "mlenergy_v2/llm_text_generation_code.csv": ("mlenergy_v2", 123),
    "mlenergy_v2/mllm_text_generation_chat.csv": ("mlenergy_v2", 42),
    "mlenergy_v2/diffusion_text_to_image.csv": ("mlenergy_v2", 86),
    "mlenergy_v2/diffusion_text_to_video.csv": ("mlenergy_v2", 16),
    "mlenergy_v2/diffusion_image_to_video.csv": ("mlenergy_v2", 16),
    "mlenergy_v2/legacy_v1_A40_A100_V100.csv": ("mlenergy_v2", 260),
    "mlperf_power_v2_results/power_results.csv.xz": ("mlperf_results", 4573),
    "mlperf_power_v1.0_wall_traces/runs.csv.xz": ("mlperf_traces", 468),
    "luccioni_co2_inference/emissions_runs.csv.xz": ("luccioni", 4170),
    "alejandroldz_gguf_quant_energy/clean_3machines_7quants.csv": ("gguf", 168),
    "alejandroldz_gguf_quant_energy/runs.csv": ("gguf", 381),
    "alejandroldz_gguf_quant_energy/codecarbon_emissions.csv.xz": ("codecarbon", 498),
    "ecocompute_quantenergy/ecocompute_results.csv": ("ecocompute", 30),
    "ecocompute_quantenergy/a800_mistral7b_pure_int8_batch_size_raw_20260215_131345.csv": ("ecocompute", 70),
    "greenlab_llm_runtables/cain2025_ondevice_vs_remote_run_table.csv": ("experiment_runner", 1260),
    "dosgroup_gpu_power_training/configs.csv.xz": ("dosgroup", 2750),
    "argonne_llm_inference_bench_power/power_results.csv": ("argonne", 48),
    "zeus_power_limit_training/summary_power_4gpus.csv": ("zeus_limits", 1609),
    "specpower_ssj2008/spec_power_cleaned.csv.xz": ("specpower", 619),
    "specpower_ssj2008/ccf_SPECpower_2026-03-09.csv.xz": ("specpower", 1088),
}


@pytest.fixture(scope="session")
def published(shared_data: Path) -> Published:
    """Every file of `ROWS`, read; samples of traces are there to be iterated once only, and are not."""
    return {name: read(shared_data / name) for name in ROWS}
