"""Models of the transformers library: generation, or one pass per item."""

from pathlib import Path

from collectors.workloads import hf_encode, hf_generate
from collectors.workloads.case import Case
from collectors.workloads.loaded import Loaded


def load(case: Case, cache_folder: Path) -> Loaded:
    """Return a model of the transformers library, driven as its task asks."""
    if case.task == "text-generation":
        return hf_generate.load(case, cache_folder)
    return hf_encode.load(case, cache_folder)
