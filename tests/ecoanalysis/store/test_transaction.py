"""A transaction that breaks leaves nothing behind, and the connection usable."""

import duckdb
import pytest

from ecoanalysis.store.transaction import transaction


def broken_off(con: duckdb.DuckDBPyConnection) -> None:
    with transaction(con):
        con.execute("INSERT INTO t VALUES (1)")
        raise KeyboardInterrupt


def test_what_breaks_is_undone_and_the_next_one_works() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t (n INTEGER)")
    with pytest.raises(KeyboardInterrupt):
        broken_off(con)
    with transaction(con):
        con.execute("INSERT INTO t VALUES (2)")
    assert con.execute("SELECT n FROM t").fetchall() == [(2,)]
