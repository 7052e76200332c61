"""The NVIDIA GPUs of this machine, through NVML."""

import json
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from collectors.sensors import nvml_identity as identity
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import list_folder, read_text
from collectors.sensors.nvml_calls import NvmlCalls
from collectors.sensors.nvml_gpu import MigInstance, NvmlGpu, Queries
from collectors.sensors.nvml_notes import explain_absence, explain_gaps, explain_loss, explain_order
from collectors.sensors.place import container
from collectors.sensors.sensor import Found, Sensor
from collectors.sensors.sensor_error import nvml_gain_error, nvml_refresh
from collectors.trace.records import Device, Note

_NVIDIA = "0x10de"
_MODULE_PARTS = ("GH200", "GB200", "GB300", "GB10")


def probe(edge: Edge) -> Found:
    """Return a sensor for every GPU, and for every MIG instance of one; visible or not to the workload."""
    try:
        nvml = edge.load_nvml()
    except ImportError as error:
        return Found((), (explain_absence(error, _has_card(edge), container(edge)),))
    try:
        nvml.nvmlInit()
        driver = nvml.nvmlSystemGetDriverVersion()
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError as error:
        return Found((), (explain_absence(error, _has_card(edge), container(edge)),))
    boards, lost = _boards(nvml, count)
    uuids = [board.uuid if board else "" for board in boards]  # a lost GPU keeps its index
    own = [list(board.instances) if board else [] for board in boards]
    seen = identity.visible(edge.environ, uuids, own)
    sensors: list[Sensor] = []
    for index, board in enumerate(boards):
        if board is None:
            continue
        try:
            gpu = _gpu(edge, nvml, board.calls, index, board.uuid, board.uuid in seen, driver)
        except OSError as error:
            lost.append(explain_loss(index, error))
            continue
        sensors.append(gpu)
        for uuid, instance in board.instances.items():
            sensors.append(_instance(edge, gpu.device, instance, uuid, uuid in seen))
    names = [sensor.device.name for sensor in sensors if isinstance(sensor, NvmlGpu)]
    order = explain_order(
        names, edge.environ.get("CUDA_VISIBLE_DEVICES"), edge.environ.get("CUDA_DEVICE_ORDER")
    )
    return Found(tuple(sensors), (*order, *lost))


@dataclass(frozen=True, slots=True)
class _Board:
    """A GPU that answers, with its MIG instances by UUID."""

    calls: NvmlCalls
    uuid: str
    instances: dict[str, NvmlCalls]


def _boards(nvml: ModuleType, count: int) -> tuple[list[_Board | None], list[Note]]:
    """Return the GPUs by index, None for one that does not answer, which must not hide the others; and why."""
    boards: list[_Board | None] = []
    lost = []
    for index in range(count):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            calls, instances = NvmlCalls(nvml, handle), _instances(nvml, handle)
            own = {str(instance.ask("nvmlDeviceGetUUID")): instance for instance in instances}
            boards.append(_Board(calls, str(calls.ask("nvmlDeviceGetUUID")), own))
        except (nvml.NVMLError, OSError) as error:
            boards.append(None)
            lost.append(explain_loss(index, error))
    return boards, lost


def _gpu(
    edge: Edge, nvml: ModuleType, calls: NvmlCalls, index: int, uuid: str, is_visible: bool, driver: str
) -> NvmlGpu:
    name = str(calls.ask("nvmlDeviceGetName") or "NVIDIA GPU")
    mode = calls.ask("nvmlDeviceGetMigMode")
    mig = bool(mode and mode[0] == 1)
    vgpu = calls.ask("nvmlDeviceGetVirtualizationMode") == 2  # NVML_GPU_VIRTUALIZATION_MODE_VGPU
    capability = calls.ask("nvmlDeviceGetCudaComputeCapability")
    family = identity.architecture(nvml, calls.ask("nvmlDeviceGetArchitecture"), name, capability)
    queries, is_module = _queries(nvml, calls, family, name)
    device = _device(edge, nvml, calls, index, uuid, name, family)
    device = replace(device, boundary="module" if is_module else "board", visible=is_visible, driver=driver)
    device = _characterise(device, queries, _temperature_limit_c(nvml, calls))
    gpu = NvmlGpu(device, calls, nvml, queries, edge)
    fast, slow = gpu.read_fast(), gpu.read_slow()
    notes = explain_gaps(device, fast, slow, mig=mig, vgpu=vgpu, refused=list(calls.refused.values()))
    gpu.notes = notes
    return gpu


def _device(
    edge: Edge, nvml: ModuleType, calls: NvmlCalls, index: int, uuid: str, name: str, family: str | None
) -> Device:
    memory = calls.ask("nvmlDeviceGetMemoryInfo")
    limit_mw = calls.ask("nvmlDeviceGetEnforcedPowerLimit") or calls.ask("nvmlDeviceGetPowerManagementLimit")
    default_mw = calls.ask("nvmlDeviceGetPowerManagementDefaultLimit")
    return Device(
        id=device_id(edge, "nvml", uuid),
        recording_id=None,
        kind=identity.kind(nvml, calls.ask("nvmlDeviceGetBrand"), name),
        name=name,
        boundary="board",
        sensor="nvml",
        index=index,
        vendor_uid=uuid,
        architecture=family,
        tdp_w=default_mw / 1e3 if default_mw else None,
        power_limit_w=limit_mw / 1e3 if limit_mw else None,
        memory_bytes=int(memory.total) if memory else None,
        cores_count=calls.ask("nvmlDeviceGetNumGpuCores"),
    )


def _characterise(device: Device, queries: Queries, limit_c: int | None) -> Device:
    """Add what is published about this board's sensor; `extra` says from where, and where it throttles [°C]."""
    counts = queries.energy is not None or queries.plain_energy
    powers = queries.instant or queries.average or queries.plain_power
    is_mean = queries.instant is None and (queries.average is not None or queries.plain_is_mean)
    refresh = nvml_refresh(device.architecture, "average" if is_mean else "instant")
    gain, basis = nvml_gain_error(device.name) if counts or powers else (None, None)
    extra: dict[str, Any] = {"gain_error_basis": basis}
    if refresh:
        extra |= {"refresh_basis": refresh.source, "coverage_ratio": refresh.coverage_ratio}
    if limit_c:
        extra["temperature_limit_c"] = float(limit_c)
    return replace(
        device,
        energy_source="counter" if counts else "power" if powers else "none",
        update_period_s=refresh.update_period_s if refresh else None,
        averaging_window_s=refresh.averaging_window_s if refresh else None,
        gain_error_ratio=gain,
        extra=json.dumps({key: value for key, value in extra.items() if value is not None}),
    )


def _temperature_limit_c(nvml: ModuleType, calls: NvmlCalls) -> int | None:
    """Return the temperature above which the GPU throttles, else at which it is slowed by force; None if neither."""
    for threshold in (nvml.NVML_TEMPERATURE_THRESHOLD_GPU_MAX, nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN):
        limit_c: int | None = calls.ask("nvmlDeviceGetTemperatureThreshold", threshold)
        if limit_c:
            return limit_c
    return None


def _queries(nvml: ModuleType, calls: NvmlCalls, family: str | None, name: str) -> tuple[Queries, bool]:
    """Return what this GPU answers, and whether it answers only for the module that it is part of."""
    fields = (
        nvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION,
        nvml.NVML_FI_DEV_POWER_INSTANT,
        nvml.NVML_FI_DEV_POWER_AVERAGE,
    )
    energy, instant, average = _supported(calls, fields, nvml.NVML_POWER_SCOPE_GPU)
    is_module = False
    if not (instant or average) and any(part in name for part in _MODULE_PARTS):
        energy, instant, average = _supported(calls, fields, nvml.NVML_POWER_SCOPE_MODULE)
        is_module = bool(energy or instant or average)
    plain_energy = energy is None and not is_module and bool(calls.ask("nvmlDeviceGetTotalEnergyConsumption"))
    plain_power = not (instant or average) and bool(calls.ask("nvmlDeviceGetPowerUsage"))
    is_mean = plain_power and identity.plain_power_is_mean(family)
    return Queries(energy, instant, average, plain_energy, plain_power, is_mean), is_module


def _supported(calls: NvmlCalls, fields: tuple[int, ...], scope: int) -> list[tuple[int, int] | None]:
    ids = tuple((each, scope) for each in fields)
    values = calls.fields(ids)
    return [each if value and value.value > 0 else None for each, value in zip(ids, values, strict=True)]


def _instances(nvml: ModuleType, handle: object) -> list[NvmlCalls]:
    calls = NvmlCalls(nvml, handle)
    mode = calls.ask("nvmlDeviceGetMigMode")
    if not mode or mode[0] != 1:
        return []
    count = int(calls.ask("nvmlDeviceGetMaxMigDeviceCount") or 0)
    found = [calls.ask("nvmlDeviceGetMigDeviceHandleByIndex", index) for index in range(count)]
    return [NvmlCalls(nvml, instance) for instance in found if instance is not None]


def _instance(edge: Edge, board: Device, calls: NvmlCalls, uuid: str, is_visible: bool) -> MigInstance:
    memory = calls.ask("nvmlDeviceGetMemoryInfo")
    device = replace(
        board,
        id=device_id(edge, "nvml", uuid),
        name=str(calls.ask("nvmlDeviceGetName") or f"{board.name} MIG instance"),
        sensor="nvml-mig",
        vendor_uid=uuid,
        parent_id=board.id,
        tdp_w=None,
        power_limit_w=None,
        memory_bytes=int(memory.total) if memory else None,
        cores_count=None,
        energy_source="none",
        update_period_s=None,
        averaging_window_s=None,
        gain_error_ratio=None,
        visible=is_visible,
        extra=None,
    )
    text = "a MIG instance has no power sensor: the energy recorded is its board's"
    return MigInstance(device, calls, (Note("mig_power_absent", text, "warning"),))


def _has_card(edge: Edge) -> bool:
    """Whether a card is on the bus, or (in WSL, which shows no bus) Windows passes one on."""
    if (edge.rootfs / "dev/dxg").exists():
        return True
    cards = list_folder(edge.sysfs / "bus/pci/devices")
    return any(
        read_text(card / "vendor") == _NVIDIA and (read_text(card / "class") or "").startswith("0x03")
        for card in cards
    )
