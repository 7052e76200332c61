"""Recording of energy, power, utilisation and temperature on the machine that runs the workload."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collectors.client import mark, record
    from collectors.host import recording
    from collectors.trace.records import Config

__version__ = "0.1.0"
__all__ = ["Config", "mark", "record", "recording"]

_HOMES = {
    "Config": "collectors.trace.records",
    "mark": "collectors.client",
    "record": "collectors.client",
    "recording": "collectors.host",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import collectors` costs a workload nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
