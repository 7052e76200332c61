"""ML.ENERGY benchmark results.json: a serving run with its power and temperature timelines."""

import json
from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_whole
from ecoanalysis.importers.recorded import Phase, Track, finish_recording
from ecoanalysis.importers.table import as_float, as_int, as_text
from ecoanalysis.importers.times import from_unix

TITLE = "ML.ENERGY benchmark results.json with timelines"
LAYOUT = "own"
_POWERS = ("device_instant", "device_average")


def sniff(head: Head) -> bool:
    """Say whether it is JSON with a timeline and a steady state."""
    return (
        head.text.lstrip().startswith("{") and '"timeline"' in head.text and "steady_state" in head.text
    ) or (head.text.lstrip().startswith("{") and '"steady_state_energy"' in head.text)


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; `infer` is the steady state, with its output tokens as items."""
    document = load_json(head)
    timeline = document.get("timeline")
    if not isinstance(timeline, dict) or not isinstance(timeline.get("power"), dict):
        raise EcoError(
            f"{head.path}: no power timeline in it", "the benchmark writes it unless it was told not to"
        )
    draft = Draft(
        head,
        "mlenergy_timeline",
        dataset="mlenergy_results",
        citation="Chung et al., ML.ENERGY benchmark, 2025",
    )
    tracks = _tracks(timeline)
    begin, end = (
        as_float(timeline.get("steady_state_start_time")),
        as_float(timeline.get("steady_state_end_time")),
    )
    energy, per_token = (
        as_float(document.get("steady_state_energy")),
        as_float(document.get("steady_state_energy_per_token")),
    )
    tokens = None if not energy or not per_token or per_token <= 0 else as_int(energy / per_token)
    phases = (
        (Phase("infer", begin, end, tokens),) if begin is not None and end is not None and end > begin else ()
    )
    config = Config(
        task="text-generation", model=as_text(document.get("model_id") or document.get("model")) or "unknown",
        framework="vllm", precision="unknown", modality="text", item_unit="token",
        batch_size=as_float(document.get("max_num_seqs")), accelerators_count=len(tracks) or None,
    )  # fmt: skip
    first = min((float(track.t_s.min()) for track in tracks if track.t_s.len()), default=0.0)  # type: ignore[arg-type]
    return finish_recording(
        draft, tracks, host="unknown", tool="ML.ENERGY benchmark", config=config, phases=phases,
        started_utc_ns=from_unix(first), rows_count=sum(track.t_s.len() for track in tracks),
    )  # fmt: skip


def load_json(head: Head) -> dict[str, Any]:
    """Return a JSON document that is an object; raises `EcoError` otherwise."""
    document = parse_json(head)
    if not isinstance(document, dict):
        raise EcoError(f"{head.path}: JSON, but not an object", "look at the file's first lines")
    return document


def parse_json(head: Head) -> object:
    """Return a JSON document; raises `EcoError` where it is none."""
    try:
        return json.loads(read_whole(head).decode(head.encoding, errors="replace"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise EcoError(
            f"{head.path}: not valid JSON ({str(error)[:80]})", "the file is damaged or unfinished"
        ) from error


def _pairs(said: object) -> list[tuple[float, float]]:
    """Return the [t, value] pairs that are numbers."""
    found = []
    for pair in said if isinstance(said, list) else []:
        if isinstance(pair, list) and len(pair) == 2:
            when, value = as_float(pair[0]), as_float(pair[1])
            if when is not None and value is not None:
                found.append((when, value))
    return found


def _tracks(timeline: dict[str, Any]) -> list[Track]:
    """Return a track per GPU: instant power if there, else the average; temperatures at their own times."""
    powers = timeline["power"]
    temperatures = timeline.get("temperature")
    source: dict[str, Any] = next(
        (powers[name] for name in _POWERS if isinstance(powers.get(name), dict)), {}
    )
    tracks = []
    for place, (gpu, said) in enumerate(sorted(source.items(), key=lambda item: str(item[0]))):
        pairs = _pairs(said)
        heat = _pairs(temperatures.get(gpu)) if isinstance(temperatures, dict) else []
        t_s = pl.Series([when for when, _ in pairs] + [when for when, _ in heat], dtype=pl.Float64)
        watts = pl.Series([value for _, value in pairs] + [None] * len(heat), dtype=pl.Float64)
        celsius = pl.Series([None] * len(pairs) + [value for _, value in heat], dtype=pl.Float64)
        tracks.append(
            Track(
                "NVIDIA GPU",
                "datacenter_gpu",
                "board",
                "nvml",
                t_s,
                {"power_w": watts, "temperature_c": celsius},
                index=place,
            )
        )
    return tracks
