"""What is appended to a model's name for how its weights are stored: "-AWQ", "-GPTQ-Int4", ":8b-instruct-q4_K_M"."""

import re
from collections.abc import Iterator

from ecoanalysis.identity.precisions import Precision, find_precision

_FILE = re.compile(r"(?:-\d{5}-of-\d{5})?\.(?:gguf|safetensors|onnx)$", re.IGNORECASE)
_CACHED = re.compile(r"^models--(?:.+--)?(.+)$")
_FORMAT = (
    r"(?:nv|mx)?fp(?:4|6|8|16|32)|b?f16|f32|float(?:8|16|32)|nf4|awq|gptq|u?int[248]|[2348]-?bits?"
    r"|w\d+a\d+|i?q[1-8](?:_(?:[01sml]|k|nl|x{1,2}[sl]))*"
)
_BESIDE = r"gguf|exl[23]|mlx|hqq|bnb|qat|unsloth|quantized|dynamic|static|imatrix|i1|ud|onnx|openvino|ov|g(?:32|64|128)"
_LAST = re.compile(rf"[-_.: ](?:(?P<format>{_FORMAT})|{_BESIDE})$", re.IGNORECASE)


def bare_names(name: str) -> Iterator[str]:
    """Yield the names that a model's written name may stand for: as written, then without each thing appended.

    Of a path, the repository's name comes before the file's; of the cache of Hugging Face, the repository's.
    Owner, ".gguf" and "-00001-of-00003" are dropped. Nothing is guessed: a name yields only its own beginnings.
    """
    for part in _parts(name):
        text = part
        yield text
        while found := _LAST.search(text):
            text = text[: found.start()]
            yield text


def precision_in(name: str | None) -> Precision | None:
    """Return the format that a model's name says of its weights ("Qwen3-8B-AWQ" is int4), None where it says none."""
    for part in reversed(list(_parts(name or ""))):
        for text in bare_names(part):
            found = _LAST.search(text)
            if found and found["format"]:
                return find_precision(found["format"])
    return None


def _parts(name: str) -> Iterator[str]:
    """Yield the parts of a name that may be a model's: of a file its folder's name, then its own."""
    parts = [part for part in re.split(r"[/\\]", name.strip()) if part]
    cached = next((found[1] for part in parts if (found := _CACHED.match(part))), None)
    if cached is not None:
        yield cached
    elif parts and _FILE.search(parts[-1]):
        yield from parts[-2:-1]
        yield _FILE.sub("", parts[-1])
    elif parts:
        yield parts[-1]
