"""Foreign times to nanoseconds since the Unix epoch, UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.units import convert

NS = 1_000_000_000
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)")
_FORMATS = (
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%m-%d-%Y %H:%M:%S.%f",
    "%m-%d-%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %Y %z",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
)
DATE_ORDERS = ("dmy", "mdy")
_DATE = re.compile(r"^(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?:,?[ T]+(.+))?$")
_STEP = re.compile(r"^=\s*(\d+\.?\d*|\.\d+)\s*(ns|us|ms|s|min)$")


def stated_step_s(options: Options) -> float | None:
    """Return the seconds between lines without times, as `--column time==0.5s` says them, else None."""
    found = _STEP.match(options.columns.get("time", ""))
    return convert(float(found[1]), found[2], "s") if found else None


def dates_told(path: str, texts: list[str | None], options: Options) -> list[str | None]:
    """Return times with dates such as 31/12/2026 as ISO ones: a number above 12 anywhere tells the day.

    Where none does, `--column date=dmy` or `date=mdy` does; without it raises `EcoError`.
    """
    found = [_DATE.match((text or "").strip()) for text in texts]
    dates = [one for one in found if one]
    if not dates:
        return texts
    first, second = (max(int(one[place]) for one in dates) for place in (1, 3))
    order = "dmy" if first > 12 >= second else "mdy" if second > 12 >= first else options.columns.get("date")
    if order not in DATE_ORDERS:
        raise EcoError(
            f"{path}: in its dates, as {dates[0][0]!r}, day and month cannot be told apart",
            "say which comes first: --column date=dmy or --column date=mdy",
        )
    day, month = (1, 3) if order == "dmy" else (3, 1)
    return [
        f"{one[4]}-{int(one[month]):02d}-{int(one[day]):02d} {one[5] or ''}".strip() if one else text
        for one, text in zip(found, texts, strict=True)
    ]


def zone_of(options: Options) -> tzinfo:
    """Return the zone of naive times: `--tz`, a name or an offset, else UTC; raises `EcoError` for an unknown name."""
    if options.tz is None:
        return UTC
    if offset := _OFFSET.fullmatch(options.tz):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-ahead if offset[1] == "-" else ahead, options.tz)
    try:
        return ZoneInfo(options.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise EcoError(
            f"unknown time zone {options.tz!r}",
            "use an IANA name or an offset, for example Europe/Berlin or +02:00",
        ) from error


def parse_time(text: object, zone: tzinfo) -> tuple[int | None, bool]:
    """Return (ns since the epoch or None, whether the text was naive and `zone` was applied)."""
    said = "" if text is None else str(text).strip()
    found = _parse(said)
    if found is None:
        return None, False
    naive = found.tzinfo is None
    if naive:
        found = found.replace(tzinfo=zone)
    try:
        delta = found - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        return None, False
    return (delta.days * 86_400 + delta.seconds) * NS + delta.microseconds * 1000, naive


def _parse(said: str) -> datetime | None:
    """Return the datetime of a text, None when it is none."""
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(said, form)
        except ValueError:
            continue
    return None


def from_unix(seconds: float | None) -> int | None:
    """Return unix seconds as ns; None for what cannot be a time of a measurement (before 1990, after 2100)."""
    if seconds is None or not 631_152_000 <= seconds <= 4_102_444_800:
        return None
    return round(seconds * 1e6) * 1000
