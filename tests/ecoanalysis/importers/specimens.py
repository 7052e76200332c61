"""Files to damage: at least one of every format, as small as a real one may be, the published ones by their heads."""

import lzma
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl

from ecoanalysis.exporters.tables import write_tables
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.specimen_logs import LOGS
from tests.ecoanalysis.importers.specimen_results import RESULTS

_HEAD_LINES = 13  # a header and twelve rows
_LARGEST_BYTES = 300_000
_PACKAGE, _TRACES = (
    "package/datapackage.json",
    "traces/runs.csv",
)  # each in a folder of its own, with its tables


@cache
def specimens(shared: Path) -> Mapping[str, bytes]:
    """Return the files by name: the peers' own, heads of the published tables, logs and results of all other formats.

    A name with a folder needs the files of `companions` beside it.
    """
    peers = sorted((shared / "peer_formats").iterdir())
    found = {path.name: path.read_bytes() for path in peers if path.stat().st_size < _LARGEST_BYTES}
    for path in sorted(set(shared.glob("*/*.csv*")) - set(peers)):
        name = path.name.removesuffix(".xz")
        found[name if name not in found else f"{path.parent.name}_{name}"] = _head(path)
    traces = found.pop("mlperf_power_v1.0_wall_traces_runs.csv")
    return found | LOGS | RESULTS | {_TRACES: traces, _PACKAGE: _package()["datapackage.json"]}


@cache
def companions(shared: Path) -> Mapping[str, bytes]:
    """Return the files that stand beside a specimen in its folder, by their names."""
    with tempfile.TemporaryDirectory() as name:
        traces = pl.read_parquet(shared / "mlperf_power_v1.0_wall_traces" / "traces.parquet")
        runs = [f"mlperf10-{place:04d}" for place in range(_HEAD_LINES - 1)]
        path = Path(name) / "traces.parquet"
        traces.filter(pl.col("run_id").is_in(runs)).write_parquet(path)
        beside = {"traces/traces.parquet": path.read_bytes()}
    return beside | {
        f"package/{name}": data for name, data in _package().items() if name.endswith(".parquet")
    }


def lay_companions(shared: Path, folder: Path) -> None:
    """Write the companions into the folders that their specimens are written to."""
    for name, data in companions(shared).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def _head(path: Path) -> bytes:
    """Return the first lines of a table."""
    data = path.read_bytes()
    data = lzma.decompress(data) if path.suffix == ".xz" else data
    return b"\n".join(data.split(b"\n")[:_HEAD_LINES]) + b"\n"


@cache
def _package() -> dict[str, bytes]:
    """Return the files of an export of one log and one table."""
    with tempfile.TemporaryDirectory() as name:
        con = open_database(":memory:")
        for place, one in enumerate(("gpu.csv", "zeus_log_of_two.csv")):
            path = Path(name) / one
            path.write_bytes({**LOGS, **RESULTS}[one])
            ingest(con, read(path), imported_utc_ns=1_795_443_000_000_000_000 + place)
        files = write_tables(con, Path(name) / "out", "parquet")
        return {path.name: path.read_bytes() for path in files}
