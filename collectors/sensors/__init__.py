"""The sensors, one file per API."""
