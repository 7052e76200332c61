"""What is appended to a model's name for how its weights are stored: "-AWQ", "-GPTQ-Int4", ":8b-instruct-q4_K_M"."""

import re
from collections.abc import Iterator

from ecoanalysis.identity.precisions import Precision, find_precision

_FILE = re.compile(r"(?:-\d{5}-of-\d{5})?\.(?:gguf|safetensors|onnx)$", re.IGNORECASE)
_CACHED = re.compile(r"^models--(?:.+--)?(.+)$")
_FORMAT = (
    r"(?:bnb|gptq)[-_](?:u?int[48]|[48]-?bits?)"  # of what the method means: NormalFloat, weights alone
    r"|(?:nv|mx)?fp(?:4|6|8|16|32)|b?f16|f32|float(?:8|16|32)|nf4|awq|gptq|u?int[248]|[2-8]-?bits?"
    r"|w\d+a\d+|[it]?q[1-8](?:_(?:[01sml]|k|nl|x{1,2}[sl]))*"
)
_QUANTISED = r"gguf|exl[23]|mlx|hqq|bnb|qat|quantized|i1|ud"  # by how much, they do not say
_MIXED = r"int[48]mix|fp16mix|mxfp4[-_]moe"  # what stands before it holds for some of the weights
_BESIDE = r"unsloth|dynamic|static|imatrix|onnx|openvino|ov|g(?:32|64|128)|llama_cpp"
# timm: on what a vision model was trained, "resnet50.a1_in1k".
_DATA = r"(?:[a-z0-9]+_)*in(?:1|12|21|22)k(?:_ft_in1k)?"
_LAST = re.compile(
    rf"[-_.: ](?:(?P<format>{_FORMAT})|(?P<quantised>{_QUANTISED})|(?P<mixed>{_MIXED})|{_BESIDE}|{_DATA})$",
    re.IGNORECASE,
)
# How the weights were trained after the first time: the architecture stays, so a name that states a size finds it.
_TRAINED = re.compile(
    r"[-_.: ](?:instruct|chat|it|base|pt|hf|sft|dpo|mpo|thinking|pretrain(?:ed)?)(?:[-_]hf)?$", re.IGNORECASE
)
_SIZE = re.compile(r"\d(?:\.\d+)?[bm](?![a-z0-9])", re.IGNORECASE)
# Collections name files "google_gemma-3-4b-it-Q4_K_M.gguf": the owner, then the model.
_OWNER = re.compile(
    r"^(?:google|qwen|thudm|zai-org|meta-llama|mistralai|microsoft|nvidia|deepseek-ai|ibm-granite|openai|moonshotai"
    r"|skywork|allenai|tiiuae|huggingfacetb|cohereforai|lgai-exaone)_",
    re.IGNORECASE,
)
_EIGHT = re.compile(
    r"8-?bits?", re.IGNORECASE
)  # MLX writes so, of weights alone; elsewhere "8bit" is LLM.int8()


def bare_names(name: str) -> Iterator[str]:
    """Yield the names that a model's written name may stand for: as written, then without each thing appended.

    Of a path, the repository's name comes before the file's, in the cache of Hugging Face too.
    Owner, ".gguf" and "-00001-of-00003" are dropped, and last, of a name that states a size, "-instruct", "-base" and
    their like. Nothing is guessed: a name yields only its own beginnings.
    """
    for part in _parts(name):
        text = part
        yield text
        while found := _LAST.search(text):
            text = text[: found.start()]
            yield text
        if owned := _OWNER.match(text):
            yield (text := text[owned.end() :])
        while (found := _TRAINED.search(text)) and _SIZE.search(text[: found.start()]):
            yield (text := text[: found.start()])


def precision_in(name: str | None) -> Precision | None:
    """Return the format that a model's name says of its weights ("Qwen3-8B-AWQ" is int4), None where it says none."""
    said = _said(name, "format")
    return find_precision("int8-weight" if said and _EIGHT.fullmatch(said) else said)


def unclear_format(name: str) -> str | None:
    """Return what a name says of weights that take fewer bits than 16, where it leaves open how many: "exl2", "q4"."""
    if precision_in(name) is not None:
        return None
    return _said(name, "format", "quantised", "mixed")


def _said(name: str | None, *kinds: str) -> str | None:
    """Return what a name says last of these kinds; a file says it before its folder."""
    for part in reversed(list(_parts(name or ""))):
        for text in bare_names(part):
            found = _LAST.search(text)
            if found and found["mixed"]:
                return found["mixed"] if "mixed" in kinds else None
            said = next((found[kind] for kind in kinds if found[kind]), None) if found else None
            if said:
                return said
    return None


def _parts(name: str) -> Iterator[str]:
    """Yield the parts of a name that may be a model's: of a file its folder's name, then its own."""
    parts = [part for part in re.split(r"[/\\]", name.strip()) if part]
    cached = next((found[1] for part in parts if (found := _CACHED.match(part))), None)
    folder = parts[-2:-1] if cached is None else [cached]
    if parts and _FILE.search(parts[-1]):
        yield from folder
        yield _FILE.sub("", parts[-1])
    elif cached is not None:
        yield cached
    elif parts:
        yield parts[-1]
