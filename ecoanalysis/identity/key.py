"""The key by which two spellings of one name are equal: case, punctuation and vendor words do not count."""

import re

_TRADE_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™]", re.IGNORECASE)
_CPU_TAIL = re.compile(
    r"@.*$|\((?:intel|amd) turbo.*?\)|\(?\d+(?:\.\d+)?\s*ghz\)?|\b\d+-cores?(?: processor)?\b|\bprocessor\b|\bcpu\b"
    r"|\bw(?:ith|/) radeon.*$|^\d+(?:st|nd|rd|th) gen\b",
    re.IGNORECASE,
)
# Words that name no device: the metals of Xeons, the machine around a chip; 64G is 64GB.
_ASIDES = re.compile(
    r"\b(?:platinum|gold|silver|bronze)\b|^\s*(?:apple\s+)?(?:macbook(?: pro| air)?|mac (?:mini|studio|pro)|imac)\b",
    re.IGNORECASE,
)
_GIGABYTES = re.compile(r"(?<![a-z0-9.])(\d+)g\b", re.IGNORECASE)
_COUNT = re.compile(r"^\s*(\d+)\s*[x×](?:\s+|(?=[a-z]))", re.IGNORECASE)
_VENDOR_WORDS = frozenset(
    re.split(
        ", ",
        "nvidia, geforce, tesla, amd, instinct, radeon, intel, qualcomm, arm, apple, "
        "corporation, graphics, gpu, the, advanced, micro, devices",
    )
)
_NOT_WORD = re.compile(r"[^a-z0-9+]+")


_ARCHITECTURE = re.compile(
    r"\s*\((?:ada(?: lovelace)?|ampere|hopper|turing|volta|blackwell)\)", re.IGNORECASE
)


def without_architecture(name: str) -> str:
    """Return a name without the architecture that stands after it in brackets: "RTX 4090 (Ada Lovelace)"."""
    return _ARCHITECTURE.sub("", name)


def counted(name: str) -> tuple[int | None, str]:
    """Return the count that stands before a device's name, None without one, and the name: "8 x H100", "8xH100"."""
    found = _COUNT.match(name)
    return (int(found[1]), name[found.end() :]) if found else (None, name)


def device_key(name: str) -> str:
    """Return the key of a device name: "8 x NVIDIA A100-SXM4-80GB" and "A100 SXM4 80 GB" are one.

    A count before the name, clock rates, "13th Gen", "16-Core Processor", the vendor and the machine around a chip
    ("MacBook Pro M4") are dropped, nothing guessed.
    """
    text = _CPU_TAIL.sub(" ", _COUNT.sub("", _TRADE_MARKS.sub("", name)))
    text = _GIGABYTES.sub(r"\1gb", _ASIDES.sub(" ", text))
    words = [word for word in _NOT_WORD.split(text.lower()) if word]
    kept = [word for word in words if word not in _VENDOR_WORDS]
    return "".join(kept or words)


def model_key(name: str) -> str:
    """Return the key of a model name without its owner: "Llama-3.1-8B" and "Llama 3.1 8B" are one."""
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"(\d)\.(\d)", r"\1p\2", name.lower()))


def plain_key(name: str) -> str:
    """Return the key of a precision, task or place name: letters and digits in lower case."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())
