"""Number formats and tasks have one name each."""

import pytest

from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.identity.tasks import find_task


@pytest.mark.parametrize(
    ("alias", "name", "bits"),
    [("bfloat16", "bf16", 16), ("Float32", "fp32", 32), ("Q8_0", "q8_0", 8.5), ("q6_K", "q6_k", 6.5625)],
)
def test_aliases_of_a_format_are_one(alias: str, name: str, bits: float) -> None:
    precision = find_precision(alias)
    assert precision is not None
    assert (precision.name, precision.bits) == (name, bits)


def test_nonsense_formats_are_unknown() -> None:
    assert find_precision("fp13") is None
    assert find_precision("") is None


def test_tasks_have_one_name() -> None:
    chat = find_task("lm-arena-chat")
    assert chat is not None
    assert (chat.name, chat.item_unit) == ("text-generation", "token")
    assert find_task("cooking") is None
