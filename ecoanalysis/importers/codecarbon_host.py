"""Where a CodeCarbon row ran: the country, and the processors by name."""

import re

from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.table import Row, as_float, as_text

# CodeCarbon's geography.py: Quebec at these coordinates since 2.2, Canada without any before.
_NOWHERE = (-71.2, 46.8)
_NEXT_GPU = re.compile(r"(?=\d x )")  # names of several kinds are joined without a separator


def region_of(draft: Draft, row: Row) -> str | None:
    """Return the ISO code of the country; None when the location is a failed lookup."""
    code = as_text(row.get("country_iso_code"))
    place = as_float(row.get("longitude")), as_float(row.get("latitude"))
    nameless = (as_text(row.get("region")) or "quebec").lower() == "quebec"
    unplaced = None in place and nameless and not as_text(row.get("cloud_region"))
    if code == "CAN" and (place == _NOWHERE or unplaced):
        draft.note(
            "failed_geolocation",
            "Canada is what CodeCarbon writes when it cannot find the place: region left open",
            "say the region: eco report --region …",
            "warning",
        )
        return None
    return code


def gpu_name(row: Row) -> str | None:
    """Return the name of the GPUs without their count; of several kinds "A + B"."""
    said = as_text(row.get("gpu_model"))
    kinds = [re.sub(r"^\d x ", "", kind.strip()) for kind in _NEXT_GPU.split(said or "") if kind.strip()]
    return " + ".join(dict.fromkeys(kinds)) or None


def is_apple(row: Row) -> bool:
    """Say whether the row ran on Apple silicon, whose powermetrics are a model."""
    return (as_text(row.get("cpu_model")) or "").startswith("Apple ")
