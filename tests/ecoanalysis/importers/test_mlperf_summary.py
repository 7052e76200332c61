"""MLPerf's own summaries: the rate and the power of a result stand in two rows."""

import json
from pathlib import Path

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.mlperf_naming import item_of
from ecoanalysis.importers.read import read

HEADER = (
    "Organization,Availability,Division,SystemType,SystemName,Platform,Model,MlperfModel,Scenario,Result,Accuracy,"
    "number_of_nodes,host_processor_model_name,host_processors_per_node,host_processor_core_count,"
    "accelerator_model_name,accelerators_per_node,Location,framework,operating_system,notes,compliance,errors,version,"
    "inferred,has_power,Units,weight_data_types\n"
)


def line(place: str, result: float, units: str) -> str:
    return (
        f"Dell,available,closed,edge,XR12,XR12_A2x1_TRT,resnet50,resnet,Offline,{result},76.0,1,Xeon,1,24,NVIDIA A2,1,"
        f"{place},TensorRT 10.2,CentOS,,1,0,v5.0,0,True,{units},int8\n"
    )


def listed(tmp_path: Path, *rows: dict[str, object]) -> Imported:
    path = tmp_path / "cm-result.json"
    path.write_text(json.dumps(rows))
    return read(path)


def pair(rate: float, units: str, power: float, power_units: str, **more: object) -> list[dict[str, object]]:
    shared = {"Organization": "O", "Division": "closed", "Platform": "P", "Location": "here", **more}
    return [
        shared | {"Result": rate, "Result_Units": units, "Units": units},
        shared | {"Result": None, "Result_Power": power, "Result_Units": power_units, "Units": power_units},
    ]


def test_the_power_row_belongs_to_the_rate_of_its_place(tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    other = line("there", 9000, "Samples/s")  # without power
    path.write_text(HEADER + line("here", 3000, "Samples/s") + other + line("here", 240, "Watts"))
    found = read(path)
    row = found.results.row(0, named=True)
    assert (found.results.height, row["energy_per_item_j"], row["item_unit"]) == (1, 0.08, "sample")
    assert (row["boundary"], row["basis"], found.configs[0].precision) == ("wall", "measured", "int8")
    assert "performance_only" in {note.code for note in found.notes}
    assert dict(found.rows.left_out) == {
        "a result without a power": 1,
        "a power, beside the row of its result": 1,
    }


def test_millijoules_are_of_a_query(tmp_path: Path) -> None:
    named = {"MlperfModel": "resnet", "Model": "resnet50", "version": "v2.1", "Scenario": "SingleStream"}
    row = listed(tmp_path, *pair(1.25, "Latency (ms)", 300, "millijoules", **named)).results.row(
        0, named=True
    )
    assert (row["energy_per_item_j"], row["latency_s"]) == (pytest.approx(0.3), pytest.approx(1.25e-3))
    assert row["mean_power_w"] == pytest.approx(240)


def test_tokens_called_queries_are_tokens_and_a_note_says_so(tmp_path: Path) -> None:
    named = {"MlperfModel": "mixtral-8x7b", "Model": "mixtral-8x7b", "version": "v4.1", "Scenario": "Server"}
    found = listed(tmp_path, *pair(50_000, "Queries/s", 6000, "Watts", **named))
    row = found.results.row(0, named=True)
    assert (row["energy_per_item_j"], row["item_unit"]) == (pytest.approx(0.12), "token")
    assert "tokens_called_samples" in {note.code for note in found.notes}


@pytest.mark.parametrize(
    ("benchmark", "version", "scenario", "units", "item"),
    [
        ("llama2-70b-99", "v4.0", "offline", "Samples/s", "token"),
        ("llama2-70b-99", "v4.0", "server", "Queries/s", "sample"),
        ("gptj-99", "v4.0", "offline", "Samples/s", "sample"),
        ("gptj-99.9", "v4.1", "offline", "Samples/s", "token"),
        ("llama3.1-405b", "v5.0", "server", "Queries/s", "token"),
        ("whisper", "v5.1", "offline", "Samples/s", "token"),
        ("stable-diffusion-xl", "v5.1", "offline", "Samples/s", "sample"),
        ("llama2-70b-99", "v5.0", "single_stream", "Latency (ms)", "sample"),
        ("anything", "", "offline", "Tokens/s", "token"),
    ],
)
def test_what_a_rate_counts_is_as_the_checker_of_its_round_counts(
    benchmark: str, version: str, scenario: str, units: str, item: str
) -> None:
    row = {"mlperfmodel": benchmark, "version": version, "result_units": units}
    assert item_of(row, scenario) == item


def test_a_summary_without_power_says_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    path.write_text(HEADER + line("here", 3000, "Samples/s"))
    with pytest.raises(EcoError, match="none with a row of its power") as error:
        read(path)
    assert "closed-power" in str(error.value.hint)
