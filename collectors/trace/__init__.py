"""The trace format: records, schema, writer, reader; the one thing that the analysis imports."""

from collectors.trace.errors import EcoError
from collectors.trace.records import (
    Config,
    Device,
    Mark,
    Note,
    Recording,
    Run,
    Sample,
    content_id,
    format_id,
    new_id,
)

__all__ = [
    "Config",
    "Device",
    "EcoError",
    "Mark",
    "Note",
    "Recording",
    "Run",
    "Sample",
    "content_id",
    "format_id",
    "new_id",
]
