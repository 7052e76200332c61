"""Energies per item, and rates of items, told by their headings: "J/token", "Wh per 1k queries", "tokens per joule"."""

import re
from dataclasses import dataclass

from ecoanalysis.importers.energy_words import ENERGY_UNITS, ENERGY_WORDS, SPREADS, is_net, rest_of, word_set
from ecoanalysis.importers.headings import Heading, unit_of

_ITEMS = {
    "token": "token", "tokens": "token", "tok": "token", "toks": "token", "image": "image", "images": "image",
    "img": "image", "request": "request", "requests": "request", "req": "request", "query": "request",
    "queries": "request", "prompt": "request", "prompts": "request", "response": "request", "sample": "sample",
    "samples": "sample", "inference": "inference", "inferences": "inference", "video": "video", "videos": "video",
}  # fmt: skip
_TOKENS_IN = word_set("input prompt prefill pp")
_TOKENS_OUT = word_set("output generated new completion generation")
_PHASES = word_set("decode decoding generation gen tg")
_PER_WORDS = (
    ENERGY_WORDS | word_set("per output generated new j joule joules mj wh kwh mwh best") | frozenset(_ITEMS)
)
_MANY = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "": 1}
_COUNT = re.compile(r"(\d*)(k|m|thousand|million)?")


@dataclass(frozen=True, slots=True)
class PerItem:
    """An energy per item: its column, its unit as `--column` takes it (J, J/1000, 1/J), the item."""

    heading: Heading
    unit: str
    item: str


def per_items(headings: list[Heading]) -> list[PerItem]:
    """Return the energies per item that may count, best first; none where several are told apart by other words.

    Stated goes before its inverse, gross before net, the first item of the table before others.
    """
    found = [per for one in headings if (per := per_item(one)) is not None]
    ranked = sorted(found, key=lambda per: (is_net(per.heading), per.unit.startswith("1/")))
    alike = [per for per in ranked if _same_kind(per, ranked[0])]
    rests = [rest_of(per.heading, _PER_WORDS) for per in alike]
    least = min(map(len, rests), default=0)
    plain = [per for per, rest in zip(alike, rests, strict=True) if len(rest) == least]
    told_apart = {frozenset(rest) for rest in rests if len(rest) == least}
    return [] if len(told_apart) > 1 else plain


def counts_tokens(one: Heading) -> bool:
    """Say whether a heading is a number of generated tokens: "output_tokens", "Generated Tokens"; not of prompts."""
    tokens = one.unit is None and one.has("tokens", "token") and one.has(*_TOKENS_OUT)
    return tokens and not one.has(
        *SPREADS, *_TOKENS_IN, "per", "mean", "avg", "rate", "throughput", "time", "limit"
    )


def rate_of_items(headings: list[Heading]) -> tuple[Heading, str] | None:
    """Return the column of the rate and its item, that of the whole run before that of a phase."""
    rates = [(one, item) for one in headings if (item := _rate_of(one)) is not None]
    return min(rates, key=lambda rate: rate[0].has(*_PHASES), default=None)


def per_item(one: Heading) -> PerItem | None:
    """Return an energy per item: "energy_per_token_j", "J/image", "Wh per 1k tokens", or its inverse: "tokens/J"."""
    if one.words.count("per") != 1 or one.has(*SPREADS):
        return _inverse(one)
    at = one.words.index("per")
    before, after = one.words[:at], one.words[at + 1 :]
    unit = one.unit if one.unit in ENERGY_UNITS else unit_of(before[-1]) if before else None
    many, item = _many_items(after)
    if unit not in ENERGY_UNITS or item is None:
        return _inverse(one)
    phase = set(before) & {*_TOKENS_IN, "decode"} and "total" not in before
    return None if phase else PerItem(one, f"{unit}/{many}" if many > 1 else str(unit), item)


def _same_kind(one: PerItem, other: PerItem) -> bool:
    """Say whether two are energies of the same item, both stated or both inverse, both gross or both net."""
    kinds = ((per.item, per.unit.startswith("1/"), is_net(per.heading)) for per in (one, other))
    return len(set(kinds)) == 1


def _many_items(words: tuple[str, ...]) -> tuple[int, str | None]:
    """Return how many of which item words name: (1000, token) for "1k output tokens"; None for tokens of the input."""
    many = 1
    for place, word in enumerate(words):
        count = _COUNT.fullmatch(word)
        if count is not None and word and place < 2:
            many *= int(count[1] or 1) * _MANY[count[2] or ""]
    items = [_ITEMS[word] for word in words if word in _ITEMS]
    item = items[-1] if items else None
    if item == "token" and set(words) & set(_TOKENS_IN):
        return many, None
    return many, item


def _inverse(one: Heading) -> PerItem | None:
    """Return a number of items per energy: "tokens_per_joule", "images/kWh", "tok/s/W"."""
    words = one.words
    if (
        words.count("per") == 2
        and words[-1] in ("w", "watt", "watts")
        and words[-3] in ("s", "sec", "second")
    ):
        words, unit = words[: words.index("per")], "J"
    elif (
        words.count("per") == 1
        and len(words) > 2
        and unit_of(words[-1]) in ENERGY_UNITS
        and words[-2] == "per"
    ):
        words, unit = words[:-2], str(unit_of(words[-1]))
    else:
        return None
    many, item = _many_items(words)
    return PerItem(one, f"1/{unit}", item) if item is not None and many == 1 else None


def _rate_of(one: Heading) -> str | None:
    """Return the item whose rate a heading is: "tokens_per_s", "Throughput (img/s)"; not a rate of the input's."""
    words = one.words
    if one.has(*SPREADS, *_TOKENS_IN, "total"):
        return None
    if (
        len(words) > 2
        and words[-2] == "per"
        and words[-1] in ("s", "sec", "second")
        and words.count("per") == 1
    ):
        words = words[:-2]
    elif one.unit != "s" or not words or words[-1] not in ("tok", "tokens"):  # throughput_tok_s
        return None
    return _many_items(words)[1]
