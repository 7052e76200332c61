"""The fake machine that the sensors' tests share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.sensors.edge import Edge, edge_at
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml


def _no_library() -> Any:
    raise ImportError("not installed")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)


@pytest.fixture
def edge(tmp_path: Path, clock: FakeClock) -> Edge:
    return edge_at(
        tmp_path,
        load_nvml=_no_library,
        load_amdsmi=_no_library,
        environ={},
        monotonic_ns=clock.monotonic_ns,
        utc_ns=clock.utc_ns,
    )


@pytest.fixture
def edge_with(edge: Edge, clock: FakeClock) -> Callable[..., Edge]:
    """Return an edge with these GPUs and environment."""
    from dataclasses import replace

    def make(*gpus: FakeGpu, environ: dict[str, str] | None = None, **others: Any) -> Edge:
        library = FakeNvml(list(gpus), clock, **others)
        return replace(edge, load_nvml=lambda: library, environ=environ or {})

    return make
