"""The records of a trace: one frozen dataclass per raw table, field for column.

Ids are 63-bit integers, random (`new_id`) or the hash of a content (`content_id`), so rows of any number of
machines merge without renumbering. People see them as 16 hexadecimal digits (`format_id`).
`t_ns` is CLOCK_MONOTONIC of the recording machine; `*_utc_ns` is nanoseconds since the Unix epoch.
`None` is "not known": a reason stands in a `Note`.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass

# The phase of a run that waits while runs beside it have their turns: read at its edges only, and nobody's energy.
BETWEEN_TURNS = "between_turns"


def new_id() -> int:
    """Return a random positive 63-bit id."""
    return secrets.randbits(63) or 1


def content_id(content: object) -> int:
    """Return the 63-bit id of a JSON-serialisable content: equal contents have equal ids."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def format_id(record_id: int) -> str:
    """Return an id as people read it: 16 hexadecimal digits."""
    return f"{record_id:016x}"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording process, on one machine; or one imported log (then `source_id` is set)."""

    id: int
    host: str
    started_utc_ns: int | None
    ended_utc_ns: int | None = None
    tool: str = "ecoanalysis"
    tool_version: str | None = None
    os: str | None = None
    python: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None
    memory_bytes: int | None = None
    virtualization: str | None = None
    container: str | None = None
    cpu_quota_ratio: float | None = None
    clock_offset_ns: int | None = None  # utc - monotonic at the start
    job_id: str | None = None
    policy: str | None = None  # JSON: periods asked for, targets
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One metered (or meterable) device.

    kind: cpu, consumer_gpu, datacenter_gpu, gpu, accelerator, memory, board, platform, wall, battery.
    boundary: package (CPU package), dram, board (one accelerator), module (CPU + GPU of one part),
    platform (psys), node (sum of what is metered), wall (AC).
    energy_source: counter, power, none. `gain_error_ratio` is the sensor's systematic error (0.05 = ±5 %).
    A device with a `parent_id` is part of its parent: the two are never summed.
    """

    id: int
    recording_id: int | None
    kind: str
    name: str
    boundary: str
    sensor: str
    index: int = 0
    vendor_uid: str | None = None
    parent_id: int | None = None
    architecture: str | None = None
    driver: str | None = None
    tdp_w: float | None = None
    power_limit_w: float | None = None
    memory_bytes: int | None = None
    cores_count: int | None = None
    energy_source: str = "none"
    update_period_s: float | None = None
    averaging_window_s: float | None = None
    energy_wrap_j: float | None = None
    gain_error_ratio: float | None = None
    visible: bool = True
    extra: str | None = None  # JSON


@dataclass(frozen=True, slots=True)
class Config:
    """What was run, as a user would name it before running it. Its id is the hash of everything below."""

    task: str
    model: str
    framework: str
    precision: str
    batch_size: float | None = None
    modality: str | None = None  # text, vision, audio, tabular, multimodal
    family: str | None = None
    framework_version: str | None = None
    item_unit: str = "inference"  # inference, token, image, video, request, sample
    scenario: str | None = None  # offline, server, single_stream, … or the load level
    variant: str = "sound"  # implementation variant
    input_shape: str | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    steps: int | None = None  # denoising steps
    frames: int | None = None
    threads: int | None = None
    accelerators_count: int | None = None
    parallelism: str | None = None
    params_count: int | None = None
    active_params_count: int | None = None
    weight_bytes: int | None = None
    flops_per_item: float | None = None
    bytes_per_item: float | None = None
    facts_source: str | None = None
    dataset: str | None = None  # data that the task runs on
    extra: str | None = None  # JSON

    @property
    def id(self) -> int:
        """The hash of the content."""
        return content_id(asdict(self))


@dataclass(frozen=True, slots=True)
class Run:
    """One repeat of a configuration.

    status: running, ok, failed, truncated (the recording broke off), skipped (then a note says why).
    """

    id: int
    recording_id: int
    config_id: int
    repeat: int = 0
    command: str | None = None
    started_utc_ns: int | None = None
    ended_utc_ns: int | None = None
    start_t_ns: int | None = None
    end_t_ns: int | None = None
    exit_code: int | None = None
    status: str = "running"
    items_count: int | None = None
    quality_value: float | None = None
    quality_metric: str | None = None
    scope: str = "machine"
    policy: str | None = None  # JSON: the sampling policy and the bound that it achieved
    extra: str | None = None  # JSON


@dataclass(frozen=True, slots=True)
class Mark:
    """A phase begins, or goes on: the phase holds until the next mark of another phase.

    `items_count` are the items *finished* in the phase since its last mark; a phase's items are the sum.
    Phases: idle, load, warmup, infer, prefill, decode, cooldown, end, or the user's own.
    """

    run_id: int
    t_ns: int
    phase: str
    items_count: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One device at one tick: what was read, raw. What was not due or not supported is None."""

    run_id: int
    device_id: int
    t_ns: int
    sensor_t_ns: int | None = None
    power_w: float | None = None
    power_avg_w: float | None = None
    energy_j: float | None = None  # the counter as read: wraps and resets are undone by the analysis
    util_ratio: float | None = None
    mem_util_ratio: float | None = None
    memory_bytes: int | None = None
    clock_hz: float | None = None
    mem_clock_hz: float | None = None
    temperature_c: float | None = None
    mem_temperature_c: float | None = None
    fan_ratio: float | None = None
    throttle_bits: int | None = None
    throttle_power_ns: int | None = None
    throttle_thermal_ns: int | None = None
    process_ratio: float | None = None  # the workload's share of the device's busy time
    process_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Why something is missing or doubtful. severity: info, warning, error."""

    code: str
    text: str
    severity: str = "info"
    hint: str | None = None
    recording_id: int | None = None
    run_id: int | None = None
    result_id: int | None = None
    source_id: int | None = None
    device_id: int | None = None
    t_ns: int | None = None
