"""Hugging Face model cards: the CO2 of a training in the front matter of a README.md, mostly without an energy."""

import re
from dataclasses import dataclass

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.identity.tasks import find_task
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import as_float, as_text, product
from ecoanalysis.units import J_PER_KWH

TITLE = "Hugging Face model card (README.md, or a co2_eq_emissions block)"
LAYOUT = "own"
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)(?:\n---[ \t]*(?:\n|\Z)|\Z)", re.DOTALL)
_BLOCK = re.compile(r"^co2_eq_emissions:[ \t]*(.*)\n?((?:(?:[ \t-].*)?(?:\n|\Z))*)", re.MULTILINE)
_PAIR = re.compile(r"^[ \t-]*([A-Za-z][A-Za-z0-9_ ]*?)[ \t]*:[ \t]+(.+)$", re.MULTILINE)
_MASS = re.compile(
    r"^([0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?)\s*(mg|g|kg|t|(?:kilo)?grams?|tonnes?|tons?)?(?:\s*CO2.*|\b.*)?$",
    re.IGNORECASE,
)
_GRAMS = {"mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6, "gram": 1.0, "kilogram": 1e3, "tonne": 1e6, "ton": 1e6}
_COUNT = re.compile(r"^(\d+)\s*(?:[x×*]\s*)?(?=\D)\s*")
_SMALL_G = 1.0  # one GPU of 300 W for half a minute, on a grid of 400 g/kWh


@dataclass(frozen=True, slots=True)
class _Card:
    """A card: its front matter, what the block says by name, and the text below."""

    front: str
    said: dict[str, str]
    body: str


def sniff(head: Head) -> bool:
    """Say whether there is a `co2_eq_emissions` in the front matter, or nothing else in the file."""
    return _BLOCK.search(_parted(head.text.replace("\r\n", "\n"))[0]) is not None


def read(head: Head, options: Options) -> Imported:
    """Return the one result of a card: a mass of CO2, as estimated by whatever the card names, and no items.

    The field documents what training emitted, so the task is `training`; a card that our own export wrote of
    inference says so. The unit is grams; raises `EcoError` where the block has no number.
    """
    front, body = _parted(read_text(head).replace("\r\n", "\n"))
    card = _Card(front, _said(front), body)
    draft = Draft(head, "model_card", dataset="model_cards", url=None)
    co2_g, kwh = _co2(draft, head, card), as_float(card.said.get("energy_consumed"))
    hours, hardware = as_float(card.said.get("hours_used")), _known(card.said.get("hardware_used"))
    counted = _COUNT.match(hardware or "")
    name = (hardware or "unknown")[counted.end() if counted else 0 :]
    config = _config(card, int(counted[1]) if counted else None)
    draft.result(
        0, config,
        device_id=draft.device(name, kind="platform", boundary="node", sensor="model_card"),
        energy_j=product(kwh, J_PER_KWH), duration_s=product(hours, 3600.0), boundary="node", basis="estimated",
        method=f"model card: {_known(card.said.get('source')) or 'no source said'}", co2_g_reported=co2_g,
        item_unit=config.item_unit, region=_known(card.said.get("geographical_location")), label=config.model,
        extra={"training_type": card.said.get("training_type"), "base_model": _top(front, "base_model")},
    )  # fmt: skip
    if kwh is None:
        draft.note(
            "no_energy",
            "a card states CO2 and no energy: its grid factor is unknown, so none is derived",
            "import the emissions.csv of the training, where there is one",
            "warning",
        )
    return draft.finish(1)


def _parted(text: str) -> tuple[str, str]:
    """Return the front matter and the text below; a file that begins with the block is all front matter."""
    if text.startswith("co2_eq_emissions:"):
        return text, ""
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _said(front: str) -> dict[str, str]:
    """Return what the block says by name, a bare number as `emissions`."""
    block = _BLOCK.search(front)
    inline, below = (block[1].strip(), block[2]) if block else ("", "")
    text = inline.strip("{}").replace(",", "\n") if inline.startswith("{") else below
    said = {"emissions": inline} if inline and not inline.startswith("{") else {}
    for name, value in _PAIR.findall(text):
        said.setdefault(name.lower().replace(" ", "_"), _plain(value))
    return said | {name: _plain(value) for name, value in said.items()}


def _plain(value: str) -> str:
    """Return a scalar of YAML without its quotes, or without the comment behind it."""
    text = value.strip()
    if text[:1] in "\"'" and text[-1:] == text[:1] and len(text) > 1:
        return text[1:-1]
    return re.sub(r"\s+#.*$", "", text)


def _known(text: str | None) -> str | None:
    """Return a text that says something."""
    return None if (text or "").lower() in ("unknown", "tbd") else as_text(text)


def _top(front: str, name: str) -> str | None:
    """Return the value of a name of the front matter, of a list the first."""
    found = re.search(rf"^{name}:[ \t]*(?:\n[ \t]*- *)?(.+)$", front, re.MULTILINE)
    return _known(_plain(found[1])) if found else None


def _co2(draft: Draft, head: Head, card: _Card) -> float:
    """Return the grams of CO2: the field's number, in the unit that it or the text below gives it."""
    written = card.said.get("emissions", "")
    found = _MASS.match(written)
    value = as_float(found[1].replace(",", "")) if found else None
    if found is None or not value:
        raise EcoError(
            f"{head.path}: the card states no emissions ({written or 'nothing'})", "fill in co2_eq_emissions"
        )
    unit = (found[2] or "").lower().removesuffix("s")
    number = re.escape(found[1])
    in_text = re.search(
        rf"(?<![\d.]){number}\s*(?:\*\*)?\s*(?:kg|kilo|tonnes|tons)", card.body, re.IGNORECASE
    )
    if not unit and in_text:
        unit = "t" if "ton" in in_text[0].lower() else "kg"
        draft.note(
            "not_grams", f"{found[1]} stands in the field for grams, and in the text with {unit}: taken as {unit}",
            "mend the card: the field is grams", "warning",
        )  # fmt: skip
    co2_g = value * _GRAMS[unit or "g"]
    if co2_g < _SMALL_G and "energy_consumed" not in card.said:
        draft.note(
            "small_co2", f"{co2_g:.3g} g: less than a GPU emits in half a minute of training",
            "CodeCarbon returns kilograms: look whether they were written into the field for grams", "warning",
        )  # fmt: skip
    return co2_g


def _config(card: _Card, count: int | None) -> Config:
    """Return what the card is about."""
    said, own = card.said.get("training_type", ""), _top(card.front, "pipeline_tag")
    task, model = find_task(own), _model(card)
    inference = "inference" in said.lower()
    return Config(
        task=(task.name if task else "unknown") if inference else "training",
        model=model,
        framework=_top(card.front, "library_name") or "unknown",
        precision=precision_name(None, model),
        modality=task.modality if task else None,
        item_unit="inference" if inference else "training",
        accelerators_count=count,
        scenario=None if inference else as_text(said),
    )


def _model(card: _Card) -> str:
    """Return the name of the model: as the front matter says it, else the first heading that names one."""
    index = re.search(r"^model-index:\s*\n\s*-\s*name:\s*(.+)$", card.front, re.MULTILINE)
    named = _top(card.front, "model_name") or (_known(_plain(index[1])) if index else None)
    automatic = re.search(r"^- Model ID: (\d+)", card.body, re.MULTILINE)
    heading = re.search(
        r"^#\s+(?:Model Card (?:for|of)\s+)?(.+?)(?: Model Card)?\s*$",
        card.body,
        re.MULTILINE | re.IGNORECASE,
    )
    if not named and automatic:
        return f"AutoTrain {automatic[1]}"
    generic = heading is None or re.match(r"model (?:card|trained)|model$", heading[1], re.IGNORECASE)
    return named or ("unknown" if heading is None or generic else heading[1].strip("`*"))
