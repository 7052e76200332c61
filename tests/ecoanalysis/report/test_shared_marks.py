"""Marks that look alike are defined once, and stay where they were."""

import re

from ecoanalysis.report.shared_marks import shared_marks

LOOK = 'd="M1,0L0,1Z" fill="var(--c0)"'


def drawing(n: int) -> str:
    marks = "".join(f'<path transform="translate({place},{2 * place}.5)" {LOOK}/>' for place in range(n))
    return f'<svg width="9"><g class="mark-symbol">{marks}</g></svg>'


def test_a_cloud_of_points_keeps_every_point_at_its_place() -> None:
    shared = shared_marks(drawing(500))
    assert shared.count(LOOK) == 1
    assert re.findall(r'<use href="#im0" x="(\d+)" y="([\d.]+)"/>', shared)[7] == ("7", "14.5")
    assert shared.count("<use ") == 500
    assert len(shared) < len(drawing(500)) / 1.8


def test_a_few_points_stay_as_they_are() -> None:
    assert shared_marks(drawing(3)) == drawing(3)
