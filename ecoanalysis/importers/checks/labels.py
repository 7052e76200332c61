"""Labels that contradict what ran: a precision against its engine or model name, a rate beyond the device."""

import re
from collections.abc import Iterator

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.identity.devices import find_device
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.store.frame import frame

# Engines whose builds run weights in the first set of precisions only, whatever the model's file is called.
_ENGINES = (
    (re.compile(r"qualcomm cloud ai|qaic", re.IGNORECASE), ("int8", "fp16", "unknown")),
    (re.compile(r"edge ?tpu|hailo", re.IGNORECASE), ("int8", "unknown")),
    (
        re.compile(r"int8|w8a8", re.IGNORECASE),
        ("int8", "int8-std", "int8-pure", "int8-weight", "int8-dynamic", "int8-static", "unknown"),
    ),
)
_SAYS_INT8 = re.compile(r"(?<!non-)(?<!non_)(?<!un)(?:quantized|uint8|int8|w8a8)", re.IGNORECASE)
_SAYS_FLOAT = re.compile(r"non[-_]quantized|fp32|float32", re.IGNORECASE)
_LABELS = """
SELECT source_id, framework, model, precision, count(*) AS rows_count FROM (
    SELECT source_id, config_id FROM result
    UNION ALL SELECT source_id, config_id FROM run JOIN recording ON recording.id = recording_id) AS used
JOIN config ON config.id = used.config_id WHERE source_id IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
_COMPUTE_MARGIN, _MEMORY_MARGIN = 1.0, 1.25


def label_against_framework(facts: Facts) -> Iterator[Note]:
    """Find precisions that the engine cannot have run, or that the model's own name denies."""
    for row in frame(facts.con, _LABELS).iter_rows(named=True):
        why = _contradiction(str(row["framework"]), str(row["model"]), str(row["precision"]))
        if why:
            yield Note(
                "check_label_against_framework",
                f"{row['model']}, {row['framework']}: labelled {row['precision']}, but {why} ({row['rows_count']}×)",
                "warning",
                "do not use the label for a comparison of precisions",
                source_id=row["source_id"],
            )


def _contradiction(framework: str, model: str, precision: str) -> str | None:
    """Return what contradicts a precision, None where nothing does."""
    for engine, allowed in _ENGINES:
        if engine.search(framework) and precision not in allowed:
            return f"this engine runs {' or '.join(allowed[:-1])}"
    found = find_precision(precision)
    if found is None:
        return None
    if _SAYS_INT8.search(model) and not _SAYS_FLOAT.search(model) and found.bits > 8.5:
        return "the model's name says 8 bit"
    if _SAYS_FLOAT.search(model) and found.bits <= 8.5:
        return "the model's name says floating point"
    return None


def rate_above_peak(facts: Facts) -> Iterator[Note]:
    """Find token rates that the devices' peak arithmetic, or memory bandwidth at that batch, cannot give."""
    tokens = facts.results.filter(
        (pl.col("item_unit") == "token")
        & (pl.col("throughput_items_per_s") > 0)
        & ~pl.col("task").is_in(("training", "idle"))
    )
    for row in tokens.iter_rows(named=True):
        spec, precision = find_device(row["device"]), find_precision(row["precision"])
        params = row["active_params_count"] or row["params_count"]
        if spec is None or not params:
            continue
        rate, count = float(row["throughput_items_per_s"]), int(row["devices_count"])
        peak = spec.peak_flops(row["precision"] if precision else "fp16")
        limits = [("peak arithmetic", 2.0 * params * rate, (peak or 0) * count * _COMPUTE_MARGIN)]
        batch = row["batch_size_mean"] or row["batch_size"]
        if (
            batch
            and row["active_params_count"] in (None, row["params_count"])
            and spec.bandwidth_bytes_per_s
            and precision
        ):
            bytes_per_s = params * precision.bits / 8 * rate / batch
            limits.append(
                ("memory bandwidth", bytes_per_s, spec.bandwidth_bytes_per_s * count * _MEMORY_MARGIN)
            )
        for what, needed, limit in limits:
            if limit and needed > limit:
                yield Note(
                    "check_rate_above_peak",
                    f"{row['model']} at {rate:.4g} tokens/s needs {needed / limit:.1f} × the {what} of {count} × "
                    f"{row['device']}",
                    "warning", "the rate counts prompt tokens, or the device or the model is another",
                    result_id=row["result_id"], source_id=row["source_id"],
                )  # fmt: skip
