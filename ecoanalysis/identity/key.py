"""The key by which two spellings of one name are equal: case, punctuation and vendor words do not count."""

import re

_TRADE_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™]", re.IGNORECASE)
_CPU_TAIL = re.compile(
    r"@.*$|\((?:intel|amd) turbo.*?\)|\(?\d+(?:\.\d+)?\s*ghz\)?|\b\d+[- ]cores?(?: processor)?\b|\bprocessor\b|\bcpu\b"
    r"|\b\d+c/\d+t\b|\btensor cores?\b|\bchip with\b.*$|\bw(?:ith|/) radeon.*$|^\d+(?:st|nd|rd|th) gen\b"
    r"|\brev\.? [\w.]+$",
    re.IGNORECASE,
)
# The machine around a chip is no name of it.
_ASIDES = re.compile(
    r"^\s*(?:apple\s+)?(?:macbook(?: pro| air)?|mac (?:mini|studio|pro)|imac)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"^\s*(\d+)\s*[xX×]\s*(?=\w)")
_COUNT = re.compile(r"^\s*(?:\d+\s*[xX×]\s*|[Dd]ual\s+)(?=\w)|\s+[x×]\s?\d+$")
_VENDOR_WORDS = frozenset(
    re.split(
        ", ",
        "nvidia, geforce, tesla, amd, instinct, radeon, intel, qualcomm, arm, apple, "
        "corporation, graphics, gpu, the, advanced, micro, devices",
    )
)
# Of a version: between digits, and an underscore between two single ones ("qwen2_5-7b").
_POINT = re.compile(r"(?<=\d)\.(?=\d)|(?<![\d.]\d)(?<=\d)_(?=\d(?![\d.]))")
_NOT_WORD = re.compile(r"[^a-z0-9+]+")


def counted(name: str) -> tuple[int | None, str]:
    """Return the count that stands before a device's name, None without one, and the name: "8 x H100", "8xH100"."""
    found = _BEFORE.match(name)
    return (int(found[1]), name[found.end() :]) if found else (None, name)


def device_key(name: str) -> str:
    """Return the key of a device name: "8 x NVIDIA A100-SXM4-80GB" and "A100 SXM4 80 GB" are one.

    A count before or after the name, clock rates, "13th Gen", "16-Core Processor", a revision, the vendor and
    the machine around a chip ("MacBook Pro M4") are dropped, nothing guessed.
    """
    text = _ASIDES.sub(" ", _CPU_TAIL.sub(" ", _COUNT.sub("", _TRADE_MARKS.sub("", name))))
    words = [word for word in _NOT_WORD.split(text.lower()) if word]
    kept = [word for word in words if word not in _VENDOR_WORDS]
    return _joined(kept or words)


def model_key(name: str) -> str:
    """Return the key of a model name without its owner: "Llama-3.1-8B" and "Llama 3_1 8B" are one."""
    return _joined(_NOT_WORD.split(_POINT.sub("p", name.lower()).replace("+", "")))


def _joined(words: list[str]) -> str:
    """Return words as one, where two numbers do not run into one: "Gemma 2 9B" is not "Gemma 29B"."""
    return re.sub(r"(?<=\d) +(?=\d)", "-", " ".join(words)).replace(" ", "")


def plain_key(name: str) -> str:
    """Return the key of a precision, task or place name: letters and digits in lower case."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())
