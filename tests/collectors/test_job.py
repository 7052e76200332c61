import pytest

from collectors.job import job_id, local_rank


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"SLURM_JOB_ID": "123"}, "slurm:123"),
        ({"SLURM_JOB_ID": "123", "SLURM_ARRAY_TASK_ID": "4", "SLURM_STEP_ID": "0"}, "slurm:123.4.0"),
        ({"PBS_JOBID": "9.host"}, "pbs:9.host"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "infer-7f"}, "kubernetes:infer-7f"),
    ],
)
def test_the_job_is_named_by_its_scheduler(environment: dict[str, str], expected: str | None) -> None:
    assert job_id(environment) == expected


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({}, 0),
        ({"SLURM_LOCALID": "3"}, 3),
        ({"LOCAL_RANK": "1"}, 1),
        ({"SLURM_LOCALID": "0"}, 0),
        ({"SLURM_LOCALID": "0", "LOCAL_RANK": "5"}, 5),
    ],  # torchrun within one Slurm task
)
def test_the_rank_on_the_node_is_found(environment: dict[str, str], rank: int) -> None:
    assert local_rank(environment) == rank
