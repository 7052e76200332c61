"""What every test may ask for: the published data sets, when they lie beside the project."""

import os
from pathlib import Path

import pytest

# The matrices of the tests are small: OpenBLAS's threads would spend four times the work on waiting for each other.
# Only numpy is loaded under the limit; processes that tests start have their own.
with pytest.MonkeyPatch.context() as patch:
    patch.setenv("OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS", "1"))
    import numpy as np  # noqa: F401

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published data sets; a test that needs it is skipped, loudly, without it."""
    if not SHARED.is_dir():
        pytest.skip(f"published data sets are not at {SHARED}")
    return SHARED
