"""The times of a log, whole columns at once: told apart by the first, then all read in its form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import polars as pl

_EPOCH = datetime(1970, 1, 1)
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(\.\d+)?"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})"
_UNIX_FIRST_S, _UNIX_LAST_S = 631_152_000, 4_102_444_800  # 1990, 2100


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How the times of a log are written. `aware`: they carry a zone, or are Unix times."""

    pattern: str
    format: str | None
    aware: bool = False

    def microseconds(self, text: pl.Expr) -> pl.Expr:
        """Return text as µs since the epoch, on the log's own clock; null for what is no time of this form."""
        text = pl.when(text.str.contains(self.pattern)).then(text)
        if self.format is None:
            seconds = text.cast(pl.Float64, strict=False)
            known = seconds.is_between(_UNIX_FIRST_S, _UNIX_LAST_S)
            return pl.when(known).then((seconds * 1e6).round()).cast(pl.Int64, strict=False)
        plain = text.str.replace_all("/", "-", literal=True).str.replace("T", " ", literal=True)
        plain = plain.str.replace("Z", "+0000", literal=True) if self.aware else plain
        return plain.str.to_datetime(self.format, strict=False, time_unit="us").dt.epoch("us")

    def utc_ns(self, microseconds: int, zone: tzinfo) -> int:
        """Return a time of the log in UTC [ns]; `zone` is that of times without one."""
        if self.aware:
            return microseconds * 1000
        local = (_EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=zone)
        past = local.astimezone(UTC) - _EPOCH.replace(tzinfo=UTC)
        return (past.days * 86_400 + past.seconds) * 10**9 + past.microseconds * 1000


# Month and day of 08/09/2026 cannot be told apart: that form is left out.
FORMS = (
    TimeForm(rf"^\d{{4}}[/-]\d{{2}}[/-]\d{{2}}[ T]{_CLOCK}$", "%Y-%m-%d %H:%M:%S%.f"),
    TimeForm(rf"^\d{{4}}[/-]\d{{2}}[/-]\d{{2}}[ T]{_CLOCK}{_ZONE}$", "%Y-%m-%d %H:%M:%S%.f%z", aware=True),
    TimeForm(rf"^\d{{1,2}}\.\d{{1,2}}\.\d{{4}} {_CLOCK}$", "%d.%m.%Y %H:%M:%S%.f"),
    TimeForm(r"^\d{9,10}(\.\d+)?$", None, aware=True),
)


def time_form(cells: Iterable[str]) -> TimeForm | None:
    """Return the form of the first cell that is a time, None where none is."""
    return next((form for cell in cells for form in FORMS if re.match(form.pattern, cell)), None)
