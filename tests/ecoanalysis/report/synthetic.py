"""A database of invented measurements, inserted into the real tables; the numbers are arbitrary, the shape is not."""

import random
from pathlib import Path

import duckdb
import polars as pl

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run
from ecoanalysis.impact.rebuild import reassess
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import insert

HOSTILE = (
    "<script>alert('x')</script>",
    "🌱 emoji 模型",
    r"\input{/etc/passwd} $x^2$ #1 ~ {%_}",
    '#read("model.json") *bold* _it_ $ @ref',
    "\u05e9\u05dc\u05d5\u05dd \u202eRTL override",
    "quote \" and ' and & and `",
    "long" + "x" * 296,
)
_DEVICES = (
    ("NVIDIA H100 80GB HBM3", "datacenter_gpu"),
    ("NVIDIA GeForce RTX 4090", "consumer_gpu"),
    ("Intel Xeon 6354", "cpu"),
)


def _table(records: list[object]) -> pl.DataFrame:
    """Return records as a frame."""
    names = type(records[0]).__dataclass_fields__  # type: ignore[attr-defined]
    columns = [*names, "id"] if isinstance(records[0], Config) else list(names)
    return pl.DataFrame([{n: getattr(r, n) for n in columns} for r in records], infer_schema_length=None)


def build(
    path: Path, configs: int = 40, samples: int = 2000, hostile: bool = True, steady: bool = False
) -> Path:
    """Write a database with so many configurations (2 repeats each) and one trace of so many samples.

    `steady` repeats lie within a per mille of each other, so that intervals are narrow where a sensor was read.
    """
    rng = random.Random(7)
    con = open_database(path)
    recording = Recording(
        id=1,
        host="secret-host",
        started_utc_ns=1_790_000_000_000_000_000,
        tool_version="0.1",
        os="Linux",
        python="3.11",
    )
    devices = [
        Device(
            id=10 + i,
            recording_id=1,
            kind=k,
            name=n,
            boundary="package" if k == "cpu" else "board",
            sensor="nvml",
        )
        for i, (n, k) in enumerate(_DEVICES)
    ]
    names = list(HOSTILE) if hostile else []
    made, runs, rows = [], [], []
    made_of: dict[int, float] = {}
    for i in range(configs):
        model = names[i] if i < len(names) else f"model-{i // 6}"
        config = Config(
            task="text-generation",
            model=model,
            framework="vllm",
            precision=("fp16", "int8")[i % 2],
            batch_size=float(2 ** (i // 2 % 3)),
            item_unit="token",
            params_count=10 ** (6 + i % 5) * (1 + i // 6 % 7),
            extra=str(i),
        )
        made.append(config)
        device, kind = _DEVICES[i % 3]
        made_of[i] = 10 ** (i % 20 / 4 - 3)
        for repeat in range(2):
            run = Run(
                id=1000 + 2 * i + repeat,
                recording_id=1,
                config_id=config.id,
                repeat=repeat,
                status="ok",
                items_count=1000,
                command="secret-command",
                started_utc_ns=recording.started_utc_ns,
            )
            runs.append(run)
            drawn = 10 ** rng.uniform(-3, 1)
            energy = made_of[i] * (1 + repeat / 1000) if steady else drawn
            estimated = kind == "cpu"
            rows.append(
                {
                    "id": run.id,
                    "run_id": run.id,
                    "dataset": "recorded",
                    "config_id": config.id,
                    "device": device,
                    "device_kind": kind,
                    "devices_count": 1,
                    "boundary": "package" if estimated else "board",
                    "basis": "estimated" if estimated else "measured",
                    "method": "specification" if estimated else "counter",
                    "idle_treatment": "gross",
                    "item_unit": "token",
                    "items_count": 1000.0,
                    "phase": "infer",
                    "duration_s": 10.0,
                    "energy_j": energy * 1000,
                    "energy_per_item_j": energy,
                    "low_per_item_j": energy * (0.5 if estimated else 0.95),
                    "high_per_item_j": energy * (1.7 if estimated else 1.05),
                    "repeat": repeat,
                    "started_utc_ns": recording.started_utc_ns,
                    "host": "secret-host",
                    "throughput_items_per_s": 100.0,
                }
            )
    for table, records in (("recording", [recording]), ("device", devices), ("config", made), ("run", runs)):
        insert(con, table, _table(list(records)))
    insert(con, "measurement", pl.DataFrame(rows))
    insert(
        con,
        "mark",
        _table(
            [
                Mark(1000, 0, "idle"),
                Mark(1000, samples * 200_000, "infer", 1000),
                Mark(1000, samples * 1_000_000, "end"),
            ]
        ),
    )
    insert(
        con,
        "note",
        _table(
            [Note(code="no_rapl", text="no counter on secret-host", hint="eco-collect doctor", run_id=1000)]
        ),
    )
    _samples(con, samples)
    reassess(con, Settings(database=path))
    con.close()
    return path


def _samples(con: duckdb.DuckDBPyConnection, count: int) -> None:
    """Insert a trace at 1 kHz: idle, then load, one spike of a single sample, heat throttling in its last quarter."""
    con.execute(
        """INSERT INTO sample (run_id, device_id, t_ns, power_w, util_ratio, temperature_c, throttle_bits)
        SELECT 1000, 10, i * 1000000, CASE WHEN i = $n // 2 + 1 THEN 900.0 WHEN i < $n // 5 THEN 60 + i % 7
                    ELSE 400 + (i * 7919) % 53 END,
               CASE WHEN i < $n // 5 THEN 0.02 ELSE 0.9 END, 40 + 20.0 * i / $n,
               CASE WHEN i > 3 * $n // 4 THEN 64 ELSE 0 END FROM range($n) AS r(i)""",
        {"n": count},
    )
