"""Tables and reports of results of the formats that no published file here has."""

import json

_MODELS = (
    ("Qwen/Qwen3-8B", 8.2),
    ("openai/gpt-oss-20b", 20.9),
    ("google/gemma-3-4b-it", 4.3),
    ("gpt2", 0.12),
)


def _zeus() -> str:
    """Eight windows of two GPUs, half a minute each, at 250 to 300 W."""
    return "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n" + "".join(
        f"{1_795_444_130.5 + 31.25 * place},epoch_{place},{30.1 + 0.07 * place:.4f},{7_525.5 + 151.2 * place:.3f},"
        f"{8_130.25 + 98.1 * place:.3f}\n"
        for place in range(8)
    )  # fmt: skip


def _pyjoules() -> str:
    """A table of five functions with their RAPL energies [µJ] and GPU energies [mJ]."""
    return "timestamp;tag;duration;package_0;dram_0;nvidia_gpu_0\n" + "".join(
        f"{1_795_443_260.25 + 2.5 * place};step_{place};{2.4 + 0.01 * place:.3f};{51_980_210.0 + 91_000 * place};"
        f"{4_210_000.0 + 7_000 * place};{310_500 + 1_300 * place}\n"
        for place in range(8)
    )  # fmt: skip


def _eco2ai() -> str:
    """Epochs of one training: 65.5 W, at 0.4 kg per kWh."""
    head = (
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
        "CPU_name,GPU_name,OS,region/country,cost\n"
    )
    return head + "".join(
        f"cdd73e1{place},p,train,{place},2026-11-27 15:{15 + place}:23,{60.5 + place:.4f},"
        f"{65.5 * (60.5 + place) / 3.6e6:.9e},{0.4 * 65.5 * (60.5 + place) / 3.6e6:.9e},"
        '"Intel(R) Core(TM) i7-8700/1 device(s), TDP:65.0",NVIDIA GeForce RTX 2070 1 device(s),Linux,FR,0\n'
        for place in range(8)
    )  # fmt: skip


def _perun() -> str:
    """One run on one host: package and DRAM of ten readings each."""
    rows = "".join(
        f"0,node1,{group},{sensor},W,1.0,{0.998 * place:.3f},{base + 0.37 * place:.3f}\n"
        for group, sensor, base in (("cpu", "cpu_0_package-0", 52.0), ("ram", "cpu_0_dram", 4.0))
        for place in range(10)
    )
    return "run id,hostname,device_group,sensor,unit,magnitude,timestep,value\n" + rows


def _optimum() -> str:
    """A report of prefill and decode; each total is the sum of its parts."""

    def phase(mean_s: float, *kwh: float) -> dict[str, object]:
        energy = {"unit": "kWh", "cpu": kwh[0], "ram": kwh[1], "gpu": kwh[2], "total": sum(kwh)}
        efficiency = {"unit": "tokens/kWh", "value": 2048 / sum(kwh)}
        return {"latency": {"unit": "s", "mean": mean_s}, "energy": energy, "efficiency": efficiency}

    backend = {"name": "pytorch", "version": "2.7.0", "model": "Qwen/Qwen3-8B", "torch_dtype": "bfloat16"}
    shapes = {"batch_size": 8, "sequence_length": 256}
    document = {
        "config": {
            "backend": backend,
            "scenario": {"input_shapes": shapes, "generate_kwargs": {"max_new_tokens": 65}},
            "environment": {"cpu": "AMD EPYC 7R13", "gpu": ["NVIDIA A10G"], "gpu_count": 1},
        },
        "report": {
            "prefill": phase(0.41, 5.1e-6, 2.3e-6, 1.7e-5),
            "decode": phase(2.1, 2.6e-5, 1.1e-5, 8.5e-5),
        },
    }
    return json.dumps(document, indent=1) + "\n"


def _energy_score() -> str:
    """Batch runs of four models, a thousand prompts each."""
    head = "model_name,task,reasoning_state,total_prompts,successful_prompts,total_duration_seconds,gpu_energy_wh\n"
    return head + "".join(
        f"{model},text_generation,,1000,{1000 - place},{900 + 31.5 * params:.2f},{9.7 * params + 3.1:.4f}\n"
        for place, (model, params) in enumerate(_MODELS)
    )


def _mlenergy() -> str:
    """A task's file of the leaderboard: three batch sizes of one model."""
    rows = [
        {"model_id": "Qwen/Qwen3-8B", "nickname": "Qwen3 8B", "gpu_model": "H100", "num_gpus": 1, "max_num_seqs": seqs,
         "weight_precision": "bfloat16", "total_params_billions": 8.2, "activated_params_billions": 8.2,
         "energy_per_token_joules": energy, "energy_per_request_joules": energy * 480.0,
         "avg_power_watts": energy * rate,
         "output_throughput_tokens_per_sec": rate, "median_itl_ms": 12.0, "avg_output_len": 480.0,
         "parallelization": {"tensor_parallel": 1}}
        for seqs, energy, rate in ((8, 0.52, 820.0), (32, 0.21, 2400.0), (64, 0.14, 3900.0))
    ]  # fmt: skip
    task = {"task_id": "lm-arena-chat", "task_display_name": "Chat"}
    return json.dumps({**task, "configurations": rows}, indent=1) + "\n"


def _summary() -> str:
    head = (
        "Organization,Division,SystemName,Platform,Model,MlperfModel,Scenario,Result,Accuracy,number_of_nodes,"
        "accelerator_model_name,accelerators_per_node,Location,framework,version,has_power,Units,weight_data_types\n"
    )
    return head + "".join(
        f"Dell,closed,XR12,XR12_A2x{count},resnet50,resnet,Offline,{result},76.0,1,NVIDIA A2,{count},runs/{count},"
        f"TensorRT 10.2,v5.0,True,{units},int8\n"
        for count in range(1, 9)
        for result, units in ((3000.0 * count, "Samples/s"), (180.0 + 60 * count, "Watts"))
    )


def _ecolyzer() -> str:
    head = "model_name,task,quantization,total_energy_kwh,co2_emissions_kg,ess,num_samples\n"
    return head + "".join(
        f"{model},text,fp16,{0.001 * params:.6f},{0.0004 * params:.7f},{1 / params:.4f},{100 + place}\n"
        for place, (model, params) in enumerate(_MODELS)
    )


def _card() -> str:
    return (
        "---\nlicense: apache-2.0\ndatasets:\n- imdb\nco2_eq_emissions:\n  emissions: 12.56\n  source: CodeCarbon\n"
        "  training_type: fine-tuning\n  geographical_location: Canada\n  hardware_used: 1 x NVIDIA A100\n---\n\n# A\n"
    )


RESULTS: dict[str, bytes] = {
    name: text.encode()
    for name, text in {
        "zeus_log_of_two.csv": _zeus(),
        "pyjoules_of_eight.csv": _pyjoules(),
        "eco2ai_of_eight.csv": _eco2ai(),
        "perun_of_ten.csv": _perun(),
        "summary.csv": _summary(),
        "optimum.json": _optimum(),
        "energy_score.csv": _energy_score(),
        "leaderboard.json": _mlenergy(),
        "ecolyzer.csv": _ecolyzer(),
        "README.md": _card(),
    }.items()
}
