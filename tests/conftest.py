"""What every test may ask for: the published data sets, when they lie beside the project."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published data sets; a test that needs it is skipped, loudly, without it."""
    if not SHARED.is_dir():
        pytest.skip(f"published data sets are not at {SHARED}")
    return SHARED
