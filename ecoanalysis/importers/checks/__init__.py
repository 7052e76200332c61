"""Traps in the data, looked for by name; to add a check, write its file and list it in `run`."""
