"""The grid: a suite file of axes, expanded to the cases that can run and those that cannot, with the reason."""

import itertools
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from collectors.trace.errors import EcoError
from collectors.workloads.case import Case
from collectors.workloads.catalogue import ModelEntry, catalogue
from collectors.workloads.protocol import Protocol
from collectors.workloads.validity import refusal

FOLDER = Path(__file__).parent / "suites"
AXES = (
    "frameworks", "models", "datasets", "precisions", "sizes", "output_tokens", "batch_sizes", "threads",
    "devices", "variants",
)  # fmt: skip
KIND = ("framework", "task", "precision", "device")  # what `kinds` has one of
SELECTABLE = tuple(field.name for field in fields(Case))


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as written, expanded: what will run, and what was left out because it cannot."""

    name: str
    title: str
    protocol: Protocol
    cases: tuple[Case, ...]
    skipped: tuple[tuple[Case, str], ...]


def names() -> list[str]:
    """Return the names of the bundled suites."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_suite(name: str, cores_count: int) -> Suite:
    """Return a bundled suite by name, or a suite of the user's own by the path of its TOML file.

    `cores_count` is what `threads = ["all"]` becomes. Raises `EcoError` for an unknown name or a bad file.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        raise EcoError(
            f"no such suite: {name}", f"choose one of {', '.join(names())}, or the path of a .toml file"
        )
    try:
        content = tomllib.loads(path.read_text())
        protocol = Protocol(**content.get("protocol", {}))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise EcoError(f"{path}: {error}", f"compare with {FOLDER / 'quick.toml'}") from error
    title = content.get("title", path.stem)
    if "of" in content:
        whole = read_suite(content["of"], cores_count)
        part = narrow(replace(whole, name=path.stem, title=title), content.get("one_per", KIND))
        return replace(part, protocol=protocol)
    cases: dict[Case, None] = {}
    skipped: dict[Case, str] = {}
    for block in content.get("grid", []):
        for case in expand(block, cores_count, path):
            reason = refusal(case)
            if reason:
                skipped[case] = reason
            else:
                cases[case] = None
    return Suite(path.stem, title, protocol, tuple(cases), tuple(skipped.items()))


def narrow(whole: Suite, axes: Sequence[str]) -> Suite:
    """Return a suite with the smallest case of each combination of `axes`; what never runs keeps one reason each.

    Raises `EcoError` for an axis that there is not.
    """
    unknown = [axis for axis in axes if axis not in SELECTABLE]
    if unknown or not axes:
        raise EcoError(
            f"no such axis: {', '.join(unknown) or 'none given'}", f"axes: {', '.join(SELECTABLE)}"
        )

    def place(case: Case) -> tuple[str, ...]:
        return tuple(str(getattr(case, axis)) for axis in axes)

    smallest: dict[tuple[str, ...], Case] = {}
    for case in sorted(whole.cases, key=work):  # a stable sort: equals stay in the suite's order
        smallest.setdefault(place(case), case)
    never = {place(case): (case, reason) for case, reason in reversed(whole.skipped)}
    kept = set(smallest.values())
    return replace(
        whole,
        cases=tuple(case for case in whole.cases if case in kept),
        skipped=tuple(pair for where, pair in reversed(never.items()) if where not in smallest),
    )


def work(case: Case) -> float:
    """Return what decides which of two cases is smaller: parameters x batch x size; no unit, for ordering only."""
    return max(catalogue()[case.model].params_approx, 1.0) * case.batch_size * max(case.size, 1)


def expand(block: Mapping[str, Any], cores_count: int, path: Path) -> Iterable[Case]:
    """Yield the cases of one block: the product of its axes, one model at a time."""
    unknown = set(block) - set(AXES)
    if unknown:
        raise EcoError(f"{path}: unknown axis {', '.join(sorted(unknown))}", f"axes: {', '.join(AXES)}")
    entries = catalogue()
    for name in block["models"]:
        if name not in entries:
            raise EcoError(f"{path}: unknown model {name!r}", "models are listed in workloads/models.toml")
        yield from _of_model(entries[name], block, cores_count)


def _of_model(entry: ModelEntry, block: Mapping[str, Any], cores_count: int) -> Iterable[Case]:
    threads = dict.fromkeys(
        cores_count if n == "all" else min(int(n), cores_count) for n in block.get("threads", [1])
    )
    axes = itertools.product(
        block["frameworks"],
        block.get("datasets", entry.datasets),
        block["precisions"],
        block.get("sizes", entry.sizes),
        block.get("output_tokens", entry.output_tokens),
        block["batch_sizes"],
        threads,
        block.get("devices", ["cpu"]),
        block.get("variants", ["sound"]),
    )
    for framework, dataset, precision, size, output, batch, count, device, variant in axes:
        yield Case(
            entry.task_on(dataset), entry.modality, entry.family, entry.name, framework, precision, batch,
            dataset, size, output, count, device, variant,
        )  # fmt: skip


def select(cases: Sequence[Case], choices: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases that meet every `key=value[,value…]`; raises `EcoError` for a bad key or an empty choice."""
    chosen = tuple(cases)
    for choice in choices:
        key, equals, text = choice.partition("=")
        if not equals or key not in SELECTABLE:
            raise EcoError(f"cannot select by {choice!r}", f"write key=value; keys: {', '.join(SELECTABLE)}")
        wanted = set(text.split(","))
        have = {str(getattr(case, key)) for case in chosen}
        chosen = tuple(case for case in chosen if str(getattr(case, key)) in wanted)
        if not chosen:
            raise EcoError(f"nothing has {choice}", f"{key} here: {', '.join(sorted(have))}")
    return chosen


def per_axis(cases: Sequence[Case]) -> dict[str, Counter[str]]:
    """Return how many cases have each value of each axis."""
    return {name: Counter(str(getattr(case, name)) for case in cases) for name in SELECTABLE}
