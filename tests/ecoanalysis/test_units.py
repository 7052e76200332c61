import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoanalysis.errors import EcoError
from ecoanalysis.units import _UNITS, convert

ENERGIES = [unit for unit, (dimension, _) in _UNITS.items() if dimension == "energy"]


def test_a_kilowatt_hour_is_3_6_megajoules() -> None:
    assert convert(1, "kWh", "J") == 3.6e6


def test_a_gibibyte_is_not_a_gigabyte() -> None:
    assert convert(1, "GiB", "B") == 1_073_741_824
    assert convert(1, "GB", "B") == 1_000_000_000


def test_watts_are_not_joules() -> None:
    with pytest.raises(EcoError, match="W is a power, J a energy"):
        convert(1, "W", "J")


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(EcoError, match="BTU"):
        convert(1, "BTU", "J")


@given(st.floats(1e-6, 1e6), st.sampled_from(ENERGIES), st.sampled_from(ENERGIES))
def test_there_and_back_is_the_same(value: float, unit: str, to: str) -> None:
    assert convert(convert(value, unit, to), to, unit) == pytest.approx(value, rel=1e-12)
