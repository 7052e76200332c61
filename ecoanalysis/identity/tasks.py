"""What is known of a task: its canonical name, modality, the unit in which its items are counted."""

from dataclasses import dataclass
from functools import cache

from ecoanalysis.identity.key import plain_key
from ecoanalysis.identity.table import read_rows


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work. `item_unit` is the unit that its items usually have."""

    name: str
    modality: str
    item_unit: str


def find_task(name: str | None) -> Task | None:
    """Return the task of that name or alias (chat = text-generation), None for an unknown one."""
    return _index().get(plain_key(name)) if name else None


@cache
def _index() -> dict[str, Task]:
    """Return the tasks by the keys of their names and aliases."""
    index: dict[str, Task] = {}
    for row in read_rows("ecoanalysis.identity", "tasks"):
        task = Task(row["name"], row["modality"], row["item_unit"])
        for alias in [row["name"], *filter(None, row["aliases"].split("|"))]:
            index.setdefault(plain_key(alias), task)
    return index
