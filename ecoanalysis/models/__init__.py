"""Energy models: power per device, energy per configuration, prediction with intervals, validation."""
