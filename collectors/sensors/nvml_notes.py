"""Why an NVIDIA GPU, or one of its quantities, is not there, and the cure."""

from collections.abc import Sequence

from collectors.sensors.sensor import Reading
from collectors.trace.records import Device, Note

_CALIBRATE = "eco-collect calibrate   # measures update period and window on this board"
_QUANTITIES = {
    "util_ratio": ("gpu_utilization", "utilisation", "nvmlDeviceGetUtilizationRates"),
    "memory_bytes": ("gpu_memory", "memory use", "nvmlDeviceGetMemoryInfo"),
    "clock_hz": ("gpu_clock", "clocks", "nvmlDeviceGetClockInfo"),
    "temperature_c": ("gpu_temperature", "temperature", "nvmlDeviceGetTemperatureV"),
    "mem_temperature_c": ("gpu_memory_temperature", "memory temperature", "field 82"),
    "fan_ratio": ("gpu_fan", "fan speed", "nvmlDeviceGetFanSpeed"),
    "throttle_bits": ("gpu_throttle_reasons", "throttle reasons", "nvmlDeviceGetCurrentClocksEventReasons"),
    "throttle_power_ns": ("gpu_throttle_time", "throttled time", "fields 74 and 269–271"),
}


def explain_absence(error: Exception, has_card: bool, container: str | None) -> Note:
    """Say why NVML does not start: no GPU is no fault, a GPU without its driver is one."""
    if not has_card:
        return Note("nvml_absent", "no NVIDIA GPU is in sight")
    if isinstance(error, ImportError):
        return Note("nvml_missing", "nvidia-ml-py is not installed", "warning", "pip install nvidia-ml-py")
    if container:
        text = f"an NVIDIA GPU is here, but NVML does not start in this container ({container}): {error}"
        return Note("nvml_container", text, "warning", "docker run --gpus all …   # NVIDIA container toolkit")
    if "mismatch" in str(error).lower():
        text = f"the NVIDIA driver was updated under the running kernel: {error}"
        return Note("nvml_mismatch", text, "warning", "sudo reboot   # or reload the nvidia kernel modules")
    text = f"an NVIDIA GPU is here, but its driver is not: {error}"
    return Note("nvml_driver", text, "warning", "install the NVIDIA driver; check: nvidia-smi")


def explain_loss(index: int, error: Exception) -> Note:
    """Say that one GPU does not answer while others may."""
    hint = "nvidia-smi; sudo dmesg | grep Xid   # it may need a reset, or a restart of the machine"
    return Note("gpu_lost", f"GPU {index} does not answer: {error}", "warning", hint)


def explain_gaps(
    device: Device, fast: Reading, slow: Reading, *, mig: bool, vgpu: bool, refused: Sequence[str] = ()
) -> tuple[Note, ...]:
    """Return one note for each quantity that this GPU does not show."""
    notes = [*_energy_gaps(device, fast, mig=mig, vgpu=vgpu)]
    because = (
        "MIG is on"
        if mig
        else "a virtual GPU"
        if vgpu
        else "; ".join(sorted(set(refused))) or "not supported"
    )
    for column, (code, words, call) in _QUANTITIES.items():
        value = getattr(fast, column) if column == "util_ratio" else getattr(slow, column)
        if value is None and not (column == "fan_ratio" and device.kind == "datacenter_gpu"):
            reason = "GeForce boards do not show it" if _is_geforce_memory(device, column) else because
            notes.append(Note(f"{code}_unsupported", f"no {words} ({call}): {reason}"))
    return tuple(notes)


def explain_order(names: Sequence[str], chosen: str | None, order: str | None) -> tuple[Note, ...]:
    """Warn where an index of CUDA_VISIBLE_DEVICES may mean another board to CUDA than to NVML."""
    by_index = bool(chosen) and any(part.strip().isdigit() for part in (chosen or "").split(","))
    if not by_index or order == "PCI_BUS_ID" or len(set(names)) < 2:
        return ()
    text = "CUDA counts unlike GPUs from the fastest, NVML by bus: which GPU the workload saw is not certain"
    return (Note("cuda_order", text, "warning", "export CUDA_DEVICE_ORDER=PCI_BUS_ID"),)


def _energy_gaps(device: Device, fast: Reading, *, mig: bool, vgpu: bool) -> list[Note]:
    notes = []
    if device.boundary == "module":
        text = "power is that of the whole module, CPU and GPU together: do not add CPU energy to it"
        notes.append(Note("gpu_module_scope", text, "warning"))
    if device.energy_source == "none":
        why = "a virtual GPU shows none" if vgpu else "its driver shows none"
        hint = (
            "record on the host of the virtual GPU"
            if vgpu
            else "update the NVIDIA driver; check: nvidia-smi -q -d POWER"
        )
        notes.append(Note("gpu_power_absent", f"no power and no energy counter: {why}", "warning", hint))
    elif device.energy_source == "power":
        text = "no energy counter (Volta and later have one): power is integrated"
        notes.append(Note("gpu_counter_absent", text))
    if mig:
        text = "MIG is on: power is the whole board's, instances have no sensor, utilisation is missing"
        notes.append(Note("gpu_mig", text, "warning", "compare runs that have the board to themselves"))
    if device.energy_source != "none" and device.update_period_s is None:
        family = device.architecture or "this architecture"
        text = f"nobody has published how often {family} refreshes its power reading"
        notes.append(Note("sensor_uncharacterised", text, "warning", _CALIBRATE))
    if fast.power_w is None and fast.power_avg_w is not None:
        text = "power is the mean of the last second: phases shorter than some seconds are smeared"
        notes.append(Note("gpu_power_mean", text))
    return notes


def _is_geforce_memory(device: Device, column: str) -> bool:
    return column == "mem_temperature_c" and device.kind == "consumer_gpu"
