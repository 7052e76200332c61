"""The formatter: expected texts written by hand."""

import pytest

from ecoanalysis.records import Quantity
from ecoanalysis.report.numbers import column_exponent, plain, show, text

THIN = "\u202f"


def q(
    value: float | None,
    unit: str = "J",
    low: float | None = None,
    high: float | None = None,
    basis: str = "measured",
) -> Quantity:
    return Quantity(value, unit, basis, None, low, high)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (q(12.34, "J", 11.94, 12.74), "12.3 ± 0.4 J"),
        (q(12.34, "J", 12.19, 12.49), "12.34 ± 0.15 J"),
        (q(0.0123, "J", 0.0119, 0.0127), "12.3 ± 0.4 mJ"),
        (q(1234567.0, "J", 1200000.0, 1270000.0), "1.23 ± 0.04 MJ"),
        (q(4.2, "g", 1.1, 30.0), "4.2 (1.1–30) g"),
        (q(100.0, "W", 90.0, 118.0), "100 (90–118) W"),
        (q(2.5e6, "g"), "2.50 t"),
        (
            q(0.7473941, "J", 0.37369705, 1.12109115),
            "750 (370–1100) mJ",
        ),  # a half is a range, on either side of rounding
        (q(0.7473941, "J", 0.37369710, 1.12109110), "750 (370–1100) mJ"),
        (q(0.00071, "l"), "710 µL"),
        (q(0.123, "ratio"), "12.3 %"),
        (q(1.5, "J", basis="estimated"), "≈ 1.50 J"),
        (q(25000.0, ""), "25 000"),
        (q(None), "–"),
        (q(float("nan")), "–"),
        (q(0.0), "0 J"),
        (q(3e-9, "J"), "3.00 nJ"),
        (q(4.2e-8, ""), "4.20 × 10⁻⁸"),
        (q(458.29, "g/kWh"), "458 g/kWh"),
    ],
)
def test_digits_follow_the_uncertainty(quantity: Quantity, shown: str) -> None:
    assert text(quantity).replace(THIN, " ") == shown


def test_a_small_number_is_never_shown_as_zero() -> None:
    for exponent in range(-30, 30):
        for unit in ("J", "g", "l", "s", ""):
            assert any(digit in text(q(1.7 * 10.0**exponent, unit)) for digit in "123456789")


def test_latex_says_the_same_number() -> None:
    shown = show(q(0.0123, "J", 0.0119, 0.0127))
    assert shown is not None
    assert shown.latex() == r"\num{12.3 +- 0.4}\,\unit{\milli\joule}"
    wide = show(q(4.2, "g", 1.1, 30.0, "estimated"))
    assert wide is not None
    assert wide.latex() == r"$\approx$\,\num{4.2} (\numrange{1.1}{30})\,\unit{\gram}"


def test_a_column_of_many_decades_shares_no_unit() -> None:
    assert column_exponent([0.001, 0.004, 0.01], "J") == -3
    assert column_exponent([1e-6, 1.0], "J") is None


def test_plain_numbers_are_grouped() -> None:
    assert plain(1234567.0).replace(THIN, " ") == "1 230 000"
