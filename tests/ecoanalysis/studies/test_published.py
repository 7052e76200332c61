"""The studies on published measurements give the answers that those data are known to hold."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.impact.rebuild import rebuild
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.records import Finding
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from ecoanalysis.studies import mismatch, quantization
from ecoanalysis.studies.frame import load

FILES = (
    "mlperf_power_v1.0_wall_traces/runs.csv.xz",
    "mlperf_power_v2_results/power_results.csv.xz",
    "ecocompute_quantenergy/ecocompute_results.csv",
)

_BITSANDBYTES = "with transformers+bitsandbytes [ecocompute_quantenergy]"

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def published(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    with open_database(tmp_path_factory.mktemp("studies") / "eco.duckdb") as con:
        for name in FILES:
            ingest(con, read(shared_data / name, Options()))
        rebuild(con, Settings())
        return load(con)


@pytest.fixture(scope="module")
def findings(published: pl.DataFrame) -> list[Finding]:
    return list(quantization.run(published, Settings()).findings)


@pytest.mark.parametrize(
    ("device", "framework", "ratio"),
    [
        ("Raspberry Pi 4", "TFLite", 0.48),
        ("Raspberry Pi 4", "ArmNN", 0.80),
        ("Carmel", "TFLite", 1.04),
        ("Carmel", "ArmNN", 1.41),
    ],
)
def test_int8_over_fp32_in_mlperf_v1_is_as_published(
    findings: list[Finding], device: str, framework: str, ratio: float
) -> None:
    found = [
        finding
        for finding in findings
        if finding.groups.get("dataset") == "mlperf_v1.0_traces"
        and device in finding.groups.get("device", "")
        and framework in finding.groups.get("framework", "")
        and "arithmetic_mean" in finding.groups
    ]
    assert len(found) == 1
    assert float(found[0].groups["arithmetic_mean"]) == pytest.approx(ratio, abs=0.02)
    assert found[0].low is not None
    assert found[0].low < found[0].estimate < found[0].high  # type: ignore[operator]


def test_the_answer_says_that_it_depends_on_the_framework(published: pl.DataFrame) -> None:
    answer = quantization.run(published.filter(pl.col("dataset") == "mlperf_v1.0_traces"), Settings()).answer
    assert answer.startswith("It depends")
    assert "framework" in answer


def test_int8_of_bitsandbytes_costs_energy_and_nf4_turns_at_a_size(findings: list[Finding]) -> None:
    by_name = {finding.name: finding for finding in findings}
    cost = by_name[f"int8-std over fp16: NVIDIA GeForce RTX 4090 D {_BITSANDBYTES}"]
    assert cost.low is not None
    assert cost.low > 1
    turn = by_name[f"crossover of nf4: NVIDIA GeForce RTX 5090 {_BITSANDBYTES}"]
    assert 3e9 < turn.estimate < 6e9  # type: ignore[operator]
    assert turn.low is not None


def test_every_resnet50_platform_has_a_regret_of_at_least_one(published: pl.DataFrame) -> None:
    resnet = published.filter(
        pl.col("model").str.starts_with("resnet50") & (pl.col("dataset") == "mlperf_power_results")
    )
    regrets = [f for f in mismatch.run(resnet, Settings()).findings if f.name.startswith("regret of")]
    assert {f.groups["device"] for f in regrets} == set(resnet["host"].unique())
    assert min(f.estimate for f in regrets) == 1.0  # type: ignore[type-var]
    assert all("idle share" in f.sentence for f in regrets)
