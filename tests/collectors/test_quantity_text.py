import pytest

from collectors.quantity_text import parse_count, parse_duration_s, scaled
from collectors.trace import EcoError


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3), ("3s", 3), ("500ms", 0.5), ("2m", 120), ("1.5 h", 5400)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "count"), [("124M", 124_000_000), ("7b", 7 * 10**9), ("1.5T", 15 * 10**11), ("1,000", 1000)]
)
def test_counts_are_read_as_people_write_them(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["", "three", "-1", "5x"])
def test_what_cannot_be_read_is_one_line_with_a_hint(text: str) -> None:
    with pytest.raises(EcoError):
        parse_duration_s(text)
    with pytest.raises(EcoError):
        parse_count(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.0, "1.23 kJ"), (0.0123, "12.3 mJ"), (999.6, "1000 J"), (0.0, "0 J"), (4.2e6, "4.2 MJ")],
)
def test_values_are_shown_with_three_digits_and_a_prefix(value: float, text: str) -> None:
    assert scaled(value, "J") == text
