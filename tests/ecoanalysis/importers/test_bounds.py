"""Files that claim to be far larger than they are, or are: one clear error, before their content is in memory."""

import gzip
from pathlib import Path

import h5py
import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.frames import read_parquet
from ecoanalysis.importers.head import open_head, read_whole
from ecoanalysis.importers.read import read

ZEUS = "start_time,window_name,elapsed_time,gpu0_energy\n"


def test_a_table_of_more_columns_than_any_table_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("energy [J]," + ",".join(f"c{n}" for n in range(20_000)) + "\n" + "1," * 20_000 + "1\n")
    with pytest.raises(EcoError, match="20001 columns") as refused:
        read(path, Options(format="generic", columns={"energy_j": "energy [J]"}))
    assert "row per measurement" in (refused.value.hint or "")


def test_a_table_of_more_results_than_memory_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecoanalysis.importers.draft.MOST_RESULTS", 5)
    path = tmp_path / "z.csv"
    path.write_text(ZEUS + "".join(f"179544413{n}.5,w,1.0,{n + 1}\n" for n in range(5)))
    assert read(path).results.height == 5
    path.write_text(ZEUS + "".join(f"179544413{n}.5,w,1.0,{n + 1}\n" for n in range(6)))
    with pytest.raises(EcoError, match="more than 5 results"):
        read(path)


def test_a_table_of_too_many_rows_is_refused_before_they_are_read_and_a_log_may_have_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecoanalysis.importers.table.MOST_RESULTS", 5)
    monkeypatch.setattr("ecoanalysis.importers.table._parsed", None)
    path = tmp_path / "z.csv"
    path.write_text(ZEUS + "".join(f"179544413{n}.5,w,1.0,{n + 1}\n" for n in range(6)))
    with pytest.raises(EcoError, match="6 rows, more than 5"):
        read(path)
    monkeypatch.undo()
    monkeypatch.setattr("ecoanalysis.importers.table.MOST_RESULTS", 5)
    path.write_text("time_s,power_w\n" + "".join(f"{n},{n + 50}\n" for n in range(6)))
    options = Options(format="generic", columns={"time": "time_s", "power_w": "power_w:W"})
    assert sum(chunk.height for chunk in read(path, options).samples) == 6


def test_what_decompresses_beyond_the_limit_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecoanalysis.importers.head.WHOLE_LIMIT_BYTES", 1 << 20)
    path = tmp_path / "z.csv.gz"
    path.write_bytes(gzip.compress(ZEUS.encode() + b"1795444130.5,w,1.0,100.5\n" * 100_000))
    with pytest.raises(EcoError, match="more than 1 MiB"):
        read_whole(open_head(path))


def test_a_parquet_file_of_too_many_rows_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"x": [1.0] * 11}).write_parquet(path)
    assert read_parquet(path).height == 11
    with pytest.raises(EcoError, match="not readable as Parquet"):
        read_parquet(path, ["y"])
    monkeypatch.setattr("ecoanalysis.importers.frames._MOST_ROWS", 10)
    with pytest.raises(EcoError, match="11 rows, more than 10"):
        read_parquet(path)
    path.write_bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")
    with pytest.raises(EcoError, match="not readable as Parquet"):
        read_parquet(path)


def test_hdf5_data_sets_whose_shape_is_larger_than_any_log_are_refused(
    tmp_path: Path, shared_data: Path
) -> None:
    """Nothing is stored of 2⁴⁰ readings: the file stays small."""
    path = tmp_path / "app.hdf5"
    path.write_bytes((shared_data / "peer_formats" / "app.hdf5").read_bytes())
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = next(one for one in names if one.endswith("raw_data/timesteps"))
        del file[name]
        file.create_dataset(name, shape=(1 << 40,), chunks=(1 << 20,), dtype="f8")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(EcoError, match="more than 50000000 readings"):
        read(path)
