"""What an importer adds of a model it knows."""

import pytest

from collectors.trace.records import Config
from ecoanalysis.importers.naming import known_model


@pytest.mark.parametrize(
    ("framework", "params_count"),
    [("ollama", None), ("vllm", 671_026_419_200)],  # the published count of DeepSeek-V3
)
def test_a_name_that_ollama_gives_another_model_gets_no_sizes(
    framework: str, params_count: int | None
) -> None:
    config = Config(task="chat", model="deepseek-r1", framework=framework, precision="unknown")
    found = known_model(config).params_count
    assert found == (params_count and pytest.approx(params_count, rel=1e-3))
