"""Which job of a cluster this process belongs to, and whether it is the one to record on its node."""

import os
from collections.abc import Mapping

_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID", "FLUX_JOB_ID")
_STEPS = {"SLURM_JOB_ID": ("SLURM_ARRAY_TASK_ID", "SLURM_STEP_ID")}
_LOCAL_RANKS = (
    "SLURM_LOCALID",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "MPI_LOCALRANKID",
    "MV2_COMM_WORLD_LOCAL_RANK",
    "PMI_LOCAL_RANK",
    "PALS_LOCAL_RANKID",
    "FLUX_TASK_LOCAL_ID",
    "JSM_NAMESPACE_LOCAL_RANK",
    "LOCAL_RANK",
)


def job_id(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the scheduler and id of the job, `slurm:1234.0` or `kubernetes:pod-name`; None outside of one."""
    for name in _JOBS:
        if name in environment:
            scheduler = name.split("_")[0].removesuffix("JOBID").lower() if name != "JOB_ID" else "grid"
            steps = [environment[step] for step in _STEPS.get(name, ()) if step in environment]
            return f"{scheduler}:{'.'.join([environment[name], *steps])}"
    if "KUBERNETES_SERVICE_HOST" in environment:
        return f"kubernetes:{environment.get('POD_NAME') or environment.get('HOSTNAME', 'unknown')}"
    return None


def local_rank(environment: Mapping[str, str] = os.environ) -> int:
    """Return this process's rank on its node, 0 outside of a parallel job: only rank 0 records.

    Launchers nest: torchrun or mpirun within one Slurm task leave SLURM_LOCALID at 0 in all of their processes, so
    the largest of what the launchers say holds.
    """
    stated = (environment.get(name, "") for name in _LOCAL_RANKS)
    return max((int(text) for text in stated if text.isdigit()), default=0)
