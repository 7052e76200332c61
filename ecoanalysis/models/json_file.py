"""A JSON object that a user names by its file."""

import json
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError


def json_object(path: Path, *, example: str, remedy: str) -> dict[str, Any]:
    """Return the object in a file; `EcoError` hints at the `example` where it cannot be read, else at the `remedy`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EcoError(f"cannot read {path}: {error.strerror}", example) from error
    except ValueError as error:
        raise EcoError(f"{path} is not JSON", remedy) from error
    if not isinstance(content, dict):
        raise EcoError(f"{path} holds no JSON object", remedy)
    return content
