"""How MLPerf names scenarios, machines, models and precisions, in our words."""

import re
from collections.abc import Iterable, Mapping

from ecoanalysis.importers.table import as_int, as_text

SCENARIOS = {
    "offline": "offline",
    "server": "server",
    "singlestream": "single_stream",
    "multistream": "multi_stream",
    "interactive": "interactive",
}
_TEXT = ("bert", "gpt", "llama", "mixtral", "dlrm", "deepseek")
_AUDIO = ("rnnt", "whisper")


def scenario_of(said: object) -> str:
    """Return our name of a scenario."""
    text = str(said or "").strip()
    return SCENARIOS.get(text.lower().replace("_", "").replace(" ", ""), text or "unknown")


# Benchmarks whose rate is of tokens, and the version since: mlcommons/inference, submission_checker,
# RESULT_FIELD_BENCHMARK_OVERWRITE. In v4.0 only the offline rate of Llama 2 was.
_TOKENS_SINCE = {
    "llama2-70b": (4, 1), "gptj": (4, 1), "mixtral-8x7b": (4, 1), "llama3": (5, 0), "deepseek-r1": (5, 1),
    "gpt-oss": (5, 1),
}  # fmt: skip
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def item_of(row: Mapping[str, object], scenario: str) -> str:
    """Return the item of a submission's rate, token or sample, whatever the table calls it; a latency is a sample's."""
    units = str(row.get("result_units") or "").lower()
    if units.startswith("token"):
        return "token"
    found = _VERSION.match(str(row.get("version") or ""))
    if found is None or not units.endswith("/s"):
        return "sample"
    version, name = (
        (int(found[1]), int(found[2])),
        str(row.get("mlperfmodel") or row.get("model") or "").lower(),
    )
    offline = scenario == "offline"
    early = version == (4, 0) and offline and name.startswith("llama2-70b")
    whisper = version >= (5, 1) and offline and name.startswith("whisper")
    counted = any(name.startswith(start) and version >= since for start, since in _TOKENS_SINCE.items())
    return "token" if early or whisper or counted else "sample"


def machine(accelerator: object, count: object, host: object) -> tuple[str, int]:
    """Return (what computes, how many): the accelerator, or the host's processor when there is none."""
    name, number = as_text(accelerator), as_int(count) or 0
    if name and number > 0:
        return name, number
    return as_text(host) or name or "unknown", max(number, 1) if name else 1


def modality_of(model: str) -> str:
    """Return the modality of an MLPerf benchmark or of an open-division model."""
    name = model.lower()
    if name.startswith(_AUDIO):
        return "audio"
    if name.startswith("dlrm"):
        return "tabular"
    if any(part in name for part in _TEXT):
        return "text"
    return "vision"


# Engine -> what submissions call it. A stack of several is named after the engine that runs the model.
_ENGINES = (
    "TensorRT",
    "Qualcomm Cloud AI SDK",
    "ArmNN",
    "TFLite",
    "OpenVINO",
    "ONNX Runtime",
    "onnxruntime",
    "deepsparse",
    "vLLM",
    "QNN",
    "PyTorch",
    "TensorFlow",
    "TVM",
)
_BACKEND = re.compile(r"\((Neon|OpenCL|ruy)\)", re.IGNORECASE)


def framework_of(said: object) -> tuple[str, str | None]:
    """Return (engine with its backend, the whole string as version): "TFLite v2.7.1 (ruy)" is TFLite (ruy)."""
    text = as_text(said)
    if text is None:
        return "unknown", None
    engine = next((name for name in _ENGINES if name.lower() in text.lower()), None)
    backend = _BACKEND.search(text)
    if engine is None:
        return text, None
    return engine + (f" ({backend.group(1)})" if backend else ""), text


def capped_count(platforms: Iterable[object]) -> int:
    """Return how many submissions are tuned for energy: MaxQ in the platform's name means a power cap."""
    return sum("maxq" in str(platform).lower() for platform in platforms)


def platform_stem(platform: object) -> str:
    """Return the board in a platform's name: "odroid-armnn-v21.11-neon" is of the board odroid."""
    return str(platform or "").split("-")[0]


def own_systems(rows: Iterable[Mapping[str, object]]) -> dict[tuple[str, bool], Mapping[str, object]]:
    """Return the row that describes each board, by its stem and whether an accelerator computes.

    Submitters who run many boards name a system "Odroid N2+ (odroid)" and its platforms odroid-…: such a row describes
    the board. One round submitted odroid-… under the system file of another board; the energies differ, so the
    platform is right.
    """
    found: dict[tuple[str, bool], Mapping[str, object]] = {}
    for row in rows:
        stem = platform_stem(row.get("platform"))
        if str(row.get("systemname") or "").endswith(f"({stem})"):
            found.setdefault((stem, bool(as_int(row.get("accelerators_per_node")))), row)
    return found
