"""The sensors, one file per API."""

# Modules of this folder with a `probe(edge) -> Found`; to add a sensor, write its file and list it here.
PROBES = (
    "cpu",
    "memory",
    "rapl_parts",
    "acpi_power",
    "nvml",
    "amdsmi",
    "gpu_hwmon",
    "board_hwmon",
    "battery",
    "wall",
    "powermetrics",
)
