"""Recording of energy, power, utilisation and temperature on the machine that runs the workload."""

__version__ = "0.1.0"
