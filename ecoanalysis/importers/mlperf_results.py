"""MLPerf Inference power results, one row per submission: energy at the wall per sample."""

from collections.abc import Mapping

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlperf_naming import (
    capped_count,
    framework_of,
    item_of,
    machine,
    modality_of,
    own_systems,
    platform_stem,
    scenario_of,
)
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, read_table, to_numbers

TITLE = "MLPerf Inference power results (CSV)"
_NEED = ("version", "platform", "model", "scenario", "result", "result_units", "result_power", "power_units")
_NUMBERS = (
    "accelerators_per_node",
    "number_of_nodes",
    "host_processors_per_node",
    "accuracy",
    "result",
    "result_power",
    "energy_per_sample_j",
    "inferred",
)
_SYSTEM = (
    "systemname",
    "accelerator_model_name",
    "host_processor_model_name",
    "host_processor_core_count",
)
_SAMPLES_PER_MULTISTREAM_QUERY = 8  # MLPerf Inference rules, section 3: MultiStream since v2.0


def sniff(head: Head) -> bool:
    """Say whether the header is that of the results table."""
    return head.has("result_power", "power_units", "result_units", "scenario", "mlperfmodel")


def read(head: Head, options: Options) -> Imported:
    """Return one result per row; a row inferred from another scenario has basis `derived`."""
    table = read_table(head, need=_NEED)
    return import_frame(draft_of(head, "mlperf_results"), table, rows_count=table.height)


def draft_of(head: Head, form: str) -> Draft:
    """Return the empty import of a file with results of MLPerf Inference."""
    return Draft(
        head,
        form,
        dataset="mlperf_power_results",
        name="MLPerf Inference power results",
        licence="Apache-2.0",
        citation="MLPerf Inference, MLCommons; with the submitter of the row",
        url="https://github.com/mlcommons/cm4mlperf-results",
    )


def import_frame(draft: Draft, table: pl.DataFrame, *, rows_count: int) -> Imported:
    """Return the results of a table with this module's columns, of a file of so many rows."""
    frame = to_numbers(table, *_NUMBERS)
    systems, mislabelled = own_systems(frame.iter_rows(named=True)), 0
    for number, row in enumerate(frame.iter_rows(named=True)):
        described = _described(row, systems)
        mislabelled += described is not row
        _one(draft, number, described)
    if mislabelled:
        draft.note(
            "mislabelled_system",
            f"{mislabelled} rows name another board than their platform: taken from that platform's other rows",
        )
    inferred = int((frame["inferred"] > 0).sum())
    if inferred:
        draft.note(
            "inferred_scenario",
            f"{inferred} rows are inferred from another scenario of the same system: basis derived",
        )
    capped = capped_count(frame["platform"])
    if capped:
        draft.note("power_capped", f"{capped} submissions are MaxQ: power-capped, tuned for energy")
    return draft.finish(rows_count)


def _described(row: Row, systems: Mapping[tuple[str, bool], Mapping[str, object]]) -> Row:
    """Return the row, with the system of its platform where it names another (see `mlperf_naming.own_systems`)."""
    stem, accelerated = platform_stem(row["platform"]), bool(as_int(row.get("accelerators_per_node")))
    own = systems.get((stem, accelerated))
    if own is None or str(row.get("systemname") or "").endswith(f"({stem})"):
        return row
    return {**row, **{name: own.get(name) for name in _SYSTEM}}


def _one(draft: Draft, number: int, row: Row) -> None:
    """Keep one submission."""
    framework, version = framework_of(row.get("framework"))
    scenario = scenario_of(row["scenario"])
    unit = _item(draft, row, scenario)
    model = as_text(row["model"]) or as_text(row.get("mlperfmodel")) or "unknown"
    name, count = machine(
        row.get("accelerator_model_name"),
        row.get("accelerators_per_node"),
        row.get("host_processor_model_name"),
    )
    precision = precision_name(row.get("precision_from_model_name"))
    config = Config(
        task=as_text(row.get("mlperfmodel")) or "unknown", model=model,
        framework=framework, framework_version=version, precision=precision, modality=modality_of(model),
        item_unit=unit, scenario=scenario, batch_size=_batch(scenario),
        accelerators_count=count * (as_int(row.get("number_of_nodes")) or 1),
    )  # fmt: skip
    device = draft.device(
        name,
        kind="wall",
        boundary="wall",
        sensor="spec_ptdaemon",
        cores_count=as_int(row.get("host_processor_core_count")),
    )
    per_sample, throughput, latency, power = _figures(row, scenario)
    if per_sample is None:
        per_sample = as_float(row.get("energy_per_sample_j"))
    draft.result(
        number, config, device_id=device, label=as_text(row.get("systemname")), item_unit=unit,
        energy_per_item_j=per_sample, throughput_items_per_s=throughput, latency_s=latency, mean_power_w=power,
        batch_size_mean=_batch(scenario), quality_value=as_float(row.get("accuracy")),
        quality_metric="mlperf_accuracy", boundary="wall",
        basis="derived" if (as_float(row.get("inferred")) or 0) > 0 else "measured",
        method="AC power analyser, SPEC PTDaemon, MLPerf power rules",
        extra={key: row.get(key) for key in ("version", "division", "organization", "platform", "systemtype",
        "notes", "location") if row.get(key)},
    )  # fmt: skip


def _item(draft: Draft, row: Row, scenario: str) -> str:
    """Return the item of the row's rate, and note where the table calls tokens something else."""
    unit, units = item_of(row, scenario), str(row["result_units"])
    if unit == "token" and not units.lower().startswith("token"):
        text = f"{row.get('mlperfmodel')} {row.get('version')}: MLPerf counts tokens, called {units} here"
        draft.note("tokens_called_samples", text, severity="warning")
    return unit


def _batch(scenario: str) -> float | None:
    """Return the samples per query where the scenario fixes them."""
    return {"single_stream": 1.0, "multi_stream": float(_SAMPLES_PER_MULTISTREAM_QUERY)}.get(scenario)


def _figures(row: Row, scenario: str) -> tuple[float | None, float | None, float | None, float | None]:
    """Return (J per sample, samples per s, latency of a query [s], W) by the units that the row states.

    W with samples/s (Offline) or queries/s (Server, one sample each); mJ per query with a latency in ms.
    """
    result, power = as_float(row["result"]), as_float(row["result_power"])
    units, power_units = str(row["result_units"] or ""), str(row["power_units"] or "")
    samples = _SAMPLES_PER_MULTISTREAM_QUERY if scenario == "multi_stream" else 1
    if result is None or power is None or result <= 0:
        return None, None, None, None
    if power_units.startswith("W") and units.lower().endswith("/s"):
        return power / result, result, None, power
    if power_units == "mJ/query" and units == "Latency (ms)":
        per_sample = power / 1e3 / samples
        return per_sample, samples * 1e3 / result, result / 1e3, power / result
    return None, None, None, None
