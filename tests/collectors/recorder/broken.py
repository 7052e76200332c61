"""A machine whose sensor has a bug."""

from collectors.sensors.scripted import ScriptedMachine, ScriptedSensor
from collectors.trace.records import Recording


def machine() -> ScriptedMachine:
    """Return a machine whose power raises ZeroDivisionError half a second in."""
    sensor = ScriptedSensor(lambda t_s: 1 / (t_s < 0.5), kind="board")
    return ScriptedMachine(Recording(0, "broken", None), (sensor,))
