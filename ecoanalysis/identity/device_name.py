"""What the written name of a device may stand for: the name itself, then without what must agree with the sheet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# "NVIDIA Corporation GA102 [GeForce RTX 3090] (rev a1)": the vendor's short name and numeric ids stand in brackets too.
_PCI_NAME = re.compile(r"\[(?!AMD/ATI\]|[0-9a-f]{4}(?::[0-9a-f]{4})?\])([^\]]+)\]", re.IGNORECASE)
_PCI_MOBILE = re.compile(r"\b(?:Mobile / Max-Q|Max-Q / Mobile|Mobile)$")
_MEMORY = re.compile(r"[\s(-]+(\d+(?:\.\d+)?)\s?Gi?B?\b\)?(?:\s*(?:HBM|GDDR)\d\w?)?", re.IGNORECASE)
_CODENAME = re.compile(r"\(([A-Za-z ]+)\)\s*$")
_SHARE = re.compile(r"\bMIG\b|\bGRID\b.*-\d+[A-Z]\b|\b[A-Z]+\d+[A-Z]*-\d+[ABCQ]$")  # "A100-10C", "L40S-48Q"
# Words of a name that belong to one vendor: the key of a device drops them, so "Apple A10" would be NVIDIA's.
_VENDORS = {
    "nvidia": "nvidia", "geforce": "nvidia", "tesla": "nvidia", "quadro": "nvidia", "amd": "amd", "radeon": "amd",
    "instinct": "amd", "intel": "intel", "apple": "apple", "qualcomm": "qualcomm",
}  # fmt: skip
_VENDOR = re.compile(rf"\b({'|'.join(_VENDORS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A name, and what the written one says beside it: a device of that name is meant only if its sheet agrees."""

    name: str
    vendor: str | None = None
    memory_bytes: float | None = None
    architecture: str | None = None


def readings(written: str) -> Iterator[Reading]:
    """Yield what a written name may stand for, the nearest to it first.

    As written; the name in the brackets of a PCI listing, where a mobile board is a laptop's; then each without its
    memory ("RTX 3090 24 GB") or the codename in its last brackets ("Xeon E5-2686 v4 (Broadwell)").
    """
    listed = _PCI_NAME.search(written)
    vendors = {_VENDORS[word.lower()] for word in _VENDOR.findall(written)}
    vendor = vendors.pop() if len(vendors) == 1 else None
    for name in (written, *([_PCI_MOBILE.sub("Laptop GPU", listed[1])] if listed else [])):
        yield Reading(name, vendor)
        if memory := _MEMORY.search(name):
            rest = name[: memory.start()] + " " + name[memory.end() :]
            yield Reading(f"{rest} {memory[1]}GB", vendor)
            yield Reading(rest, vendor, memory_bytes=float(memory[1]) * 1e9)
        if codename := _CODENAME.search(name):
            yield Reading(name[: codename.start()], vendor, architecture=codename[1])


def is_share(written: str) -> bool:
    """Return whether a name is that of a part of a board: an instance of MIG, or a virtual one."""
    return _SHARE.search(written) is not None
