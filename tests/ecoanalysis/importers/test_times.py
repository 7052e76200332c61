"""The zone of times that carry none: a name, or an offset from UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.times import zone_of


@pytest.mark.parametrize(
    ("tz", "minutes"), [("+02:00", 120), ("-0530", -330), ("+00:00", 0), ("Europe/Berlin", 60), (None, 0)]
)
def test_a_zone_is_a_name_or_an_offset(tz: str | None, minutes: int) -> None:
    winter = datetime(2026, 1, 15, 12, tzinfo=UTC).astimezone(zone_of(Options(tz=tz)))
    assert winter.utcoffset() == timedelta(minutes=minutes)


@pytest.mark.parametrize("tz", ["+2", "+24:00", "+02:60", "Berlin", ""])
def test_what_is_neither_is_refused(tz: str) -> None:
    with pytest.raises(EcoError, match="unknown time zone"):
        zone_of(Options(tz=tz))
