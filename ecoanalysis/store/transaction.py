"""Statements that take effect all together, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@contextmanager
def transaction(con: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """Commit the block's statements when it ends; undo them when it raises, whatever it raises."""
    con.execute("BEGIN")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
