"""Marks that look alike are defined once, and stay where they were."""

import re

from ecoanalysis.report.shared_marks import shared_marks

LOOK = 'd="M1,0L0,1Z" fill="var(--c0)"'


def drawing(n: int) -> str:
    marks = "".join(f'<path transform="translate({place},{2 * place}.5)" {LOOK}/>' for place in range(n))
    return f'<svg width="9"><g class="mark-symbol">{marks}</g></svg>'


def test_a_cloud_of_points_keeps_every_point_at_its_place() -> None:
    shared = shared_marks(drawing(500), "f3")
    assert shared.count(LOOK) == 1
    assert re.findall(r'<use href="#f3m0" x="(\d+)" y="([\d.]+)"/>', shared)[7] == ("7", "14.5")
    assert shared.count("<use ") == 500
    assert len(shared) < len(drawing(500)) / 1.8


def test_a_few_points_stay_as_they_are() -> None:
    assert shared_marks(drawing(3), "f3") == drawing(3)


def test_rules_of_one_look_share_a_class_and_keep_their_ends() -> None:
    look = 'stroke="var(--c1)" stroke-width="1.2" opacity="0.5"'
    rules = "".join(f'<line transform="translate({n},9.5)" x2="0" y2="-{n}" {look}/>' for n in range(20))
    shared = shared_marks(f'<svg width="9"><g class="mark-rule">{rules}</g></svg>', "f3")
    assert ".f3r0{stroke:var(--c1);stroke-width:1.2;opacity:0.5}" in shared
    assert '<path class="f3r0" d="M7,9.5l0,-7"/>' in shared
    assert shared.count('class="f3r0"') == 20
    assert "<line" not in shared
