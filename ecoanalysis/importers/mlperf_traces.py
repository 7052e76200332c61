"""MLPerf v1.0 power runs with their wall-power traces (runs.csv beside traces.parquet)."""

import json
from collections.abc import Iterator

import polars as pl

from collectors.trace.records import Config, Device, Mark, Recording, Run
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import SAMPLE_SCHEMA, Imported, Options, sibling
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.frames import read_parquet
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlperf_naming import capped_count, framework_of, machine, modality_of, scenario_of
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, read_table, to_numbers
from ecoanalysis.importers.windows import LEAD_NS, window_marks

TITLE = "MLPerf v1.0 wall-power traces (runs.csv + traces.parquet)"
_NEED = ("run_id", "platform", "model", "loadgen_scenario", "window_s", "weight_dtype")
_NUMBERS = (
    "n_accelerators",
    "host_cores",
    "window_s",
    "samples_per_second",
    "qps_with_overhead",
    "accuracy_top1_pct",
    "energy_per_sample_j",
    "window_energy_j",
    "mean_latency_ns",
    "avg_power_w",
)


def sniff(head: Head) -> bool:
    """Say whether the header is that of the table of runs."""
    return head.has("run_id", "window_energy_j", "trace_md5", "loadgen_scenario")


def read(head: Head, options: Options) -> Imported:
    """Return one recording and run per row, with its samples; readings of 0 W or less are the analyser's errors."""
    traces = sibling(head.path, "traces.parquet")
    if traces is None:
        raise EcoError(f"{head.path}: traces.parquet is not beside it", "keep both files in one folder")
    frame = to_numbers(read_table(head, need=_NEED, is_log=True), *_NUMBERS)
    draft = Draft(
        head,
        "mlperf_traces",
        dataset="mlperf_v1.0_traces",
        name="MLPerf Inference v1.0 power",
        licence="Apache-2.0",
        citation="MLPerf Inference v1.0, MLCommons; with the submitter of the run",
        url="https://github.com/mlcommons/inference_results_v1.0",
        companions=[traces],
    )
    samples = read_parquet(traces, columns=["run_id", "t_s", "watts"])
    spans = {
        key: (first, last)
        for key, first, last in samples.group_by("run_id")
        .agg(pl.col("t_s").min().alias("first"), pl.col("t_s").max().alias("last"))
        .iter_rows()
    }
    ids = {str(row["run_id"]): _run(draft, row, spans) for row in _once(draft, frame).iter_rows(named=True)}
    _doubt(draft, samples, ids)
    capped = capped_count(frame["platform"])
    if capped:
        draft.note("power_capped", f"{capped} submissions are MaxQ: power-capped, tuned for energy")
    return draft.finish(frame.height, _samples(samples, ids))


def _doubt(draft: Draft, samples: pl.DataFrame, ids: dict[str, tuple[int, int]]) -> None:
    """Note readings that are the analyser's errors, and rows without readings."""
    counts = samples.group_by("run_id").agg((pl.col("watts") <= 0).sum().alias("bad"))
    bad = dict(counts.iter_rows())
    for key, count in bad.items():
        if count:
            text = f"{count} readings of 0 W or less dropped"
            draft.note("analyser_error", text, run_id=ids.get(key, (None,))[0])
    if bare := sorted(ids.keys() - bad.keys()):
        text = f"{len(bare)} rows have no readings in traces.parquet, as {bare[0]}"
        draft.note(
            "lost_readings", text, "the two files are not of one version, or one is damaged", "warning"
        )


def _once(draft: Draft, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows without those of a run that is there already; a warning counts them."""
    runs = frame.unique("run_id", keep="first", maintain_order=True)
    copies = frame.height - runs.height
    if copies:
        text = f"{copies} rows are of a run that is there already"
        draft.note("repeated_run", text, "only the first of each is read", severity="warning")
    return runs


def _samples(samples: pl.DataFrame, ids: dict[str, tuple[int, int]]) -> Iterator[pl.DataFrame]:
    """Yield the valid readings of the runs; times count from the first millisecond of the recording."""
    keys = pl.DataFrame(
        [(key, *pair) for key, pair in ids.items()], schema=["key", "run_id", "device_id"], orient="row"
    )
    chunk = samples.filter(pl.col("watts") > 0).rename({"run_id": "key"}).join(keys, on="key")
    t_ns = ((pl.col("t_s").cast(pl.Float64) * 1000).round().cast(pl.Int64) * 1_000_000 + LEAD_NS).alias(
        "t_ns"
    )
    chunk = chunk.select("run_id", "device_id", t_ns, pl.col("watts").cast(pl.Float64).alias("power_w"))
    rest = [
        pl.lit(None, kind).alias(name) for name, kind in SAMPLE_SCHEMA.items() if name not in chunk.columns
    ]
    yield chunk.with_columns(rest).select(list(SAMPLE_SCHEMA))


def _run(draft: Draft, row: Row, spans: dict[str, tuple[float, float]]) -> tuple[int, int]:
    """Keep the recording, device, configuration, run and marks of a row; return (run id, device id)."""
    key = str(row["run_id"])
    recording = Recording(
        id=draft.id_of("recording", key),
        host=as_text(row["platform"]) or "unknown",
        started_utc_ns=None,
        tool="SPEC PTDaemon",
        os=as_text(row.get("operating_system")),
        cpu_model=as_text(row.get("host_cpu")),
        cpu_count=as_int(row.get("host_cores")),
        source_id=draft.source.id,
    )
    draft.recordings.append(recording)
    name, count = machine(row.get("accelerator"), row.get("n_accelerators"), row.get("host_cpu"))
    device = draft.recorded_device(wall_meter(recording.id, name))
    framework, version = framework_of(row.get("framework"))
    scenario = scenario_of(row["loadgen_scenario"])
    model = as_text(row["model"]) or "unknown"
    config = draft.config(
        Config(task=_task(model), model=model, framework=framework, framework_version=version,
        precision=precision_name(row["weight_dtype"]), batch_size=1.0 if scenario == "single_stream" else None,
        modality=modality_of(model), item_unit="sample", scenario=scenario, accelerators_count=count),
    )  # fmt: skip
    throughput = as_float(row["samples_per_second"]) or as_float(row["qps_with_overhead"])
    window_s = as_float(row["window_s"])
    items = product(throughput, window_s)
    first, last = spans.get(key, (0.0, window_s or 0.0))
    marks = window_marks(
        draft.id_of("run", key), first, last, window_s or 0.0, None if items is None else round(items)
    )
    draft.marks.extend(marks)
    draft.runs.append(_record(draft, row, key, recording.id, config, marks, items))
    if str(row.get("inferred_from_other_scenario")).lower() == "true":
        draft.note(
            "inferred_scenario",
            f"{key}: filed under {row.get('scenario')}, but {row['loadgen_scenario']} ran",
        )
    return draft.id_of("run", key), device


def _record(
    draft: Draft, row: Row, key: str, recording: int, config: int, marks: list[Mark], items: float | None
) -> Run:
    """Return the run of a row; what the submission states beside it goes to `extra` as JSON."""
    stated = {
        name: row.get(name)
        for name in (
            "window_energy_j",
            "energy_per_sample_j",
            "avg_power_w",
            "division",
            "submitter",
            "source_path",
            "input_dtype",
            "cooling",
            "weight_transformations",
        )
    }
    return Run(
        id=draft.id_of("run", key),
        recording_id=recording,
        config_id=config,
        start_t_ns=marks[0].t_ns,
        end_t_ns=marks[-1].t_ns,
        exit_code=0,
        status="ok",
        items_count=None if items is None else round(items),
        quality_value=as_float(row["accuracy_top1_pct"]),
        quality_metric="top1_pct",
        scope="machine",
        extra=json.dumps({"published_run": key, **stated}, sort_keys=True),
    )


def wall_meter(recording_id: int, name: str) -> Device:
    """Return the analyser at the wall of a machine that computes on `name`.

    SPEC's power methodology accepts analysers of at most 1 % uncertainty, averaged over 1 s.
    """
    return Device(
        id=0,
        recording_id=recording_id,
        kind="wall",
        name=name,
        boundary="wall",
        sensor="spec_ptdaemon",
        energy_source="power",
        update_period_s=1.0,
        averaging_window_s=1.0,
        gain_error_ratio=0.01,
    )


def _task(model: str) -> str:
    """Return the task of a benchmark: the open division's MobileNets and EfficientNets classify images."""
    return "resnet" if model.startswith(("resnet", "mobilenet", "efficientnet")) else model
