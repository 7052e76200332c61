"""Power Hungry Processing (Luccioni et al. 2024): CodeCarbon records of 1,000 inferences each."""

from collections.abc import Callable
from pathlib import Path

from collectors.trace.records import Config
from ecoanalysis.importers.codecarbon import Workload, read_records
from ecoanalysis.importers.contract import Imported, Options, sibling
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, read_table

TITLE = "Power Hungry Processing: CodeCarbon records by task (Luccioni et al.)"
_ITEMS = 1000.0  # the paper's protocol: every record is 1,000 inferences
# The prefix of task_dataset -> (task, modality).
_TASKS = {
    "fillmask": ("fill-mask", "text"),
    "image_class": ("image-classification", "vision"),
    "itt": ("image-to-text", "multimodal"),
    "obj_detection": ("object-detection", "vision"),
    "qa": ("question-answering", "text"),
    "summarize": ("summarization", "text"),
    "text_classif": ("text-classification", "text"),
    "textgen": ("text-generation", "text"),
    "token_classif": ("token-classification", "text"),
    "tti": ("text-to-image", "vision"),
    "zeroshot_qa": ("question-answering", "text"),
    "zeroshot_sentiment": ("text-classification", "text"),
    "zeroshot_summarize": ("summarization", "text"),
    "asr": ("speech-recognition", "audio"),
}


def sniff(head: Head) -> bool:
    """Say whether these are CodeCarbon records with the study's task column."""
    return head.has("task_dataset", "project_name", "energy_consumed")


def read(head: Head, options: Options) -> Imported:
    """Return CodeCarbon's parts of each record, per inference; the GPU part is of the whole node."""
    sizes_at = sibling(head.path, "model_parameters.csv")
    draft = Draft(
        head,
        "luccioni",
        dataset="luccioni_co2_inference",
        name="Power Hungry Processing",
        licence="MIT",
        citation="Luccioni, Jernite, Strubell: Power Hungry Processing, FAccT 2024, doi:10.1145/3630106.3658542",
        url="https://github.com/sashavor/co2_inference",
        companions=[sizes_at] if sizes_at else [],
    )
    gpus = {count for said in read_table(head, need=("gpu_count",))["gpu_count"] if (count := as_int(said))}
    if max(gpus, default=1) > 1:
        draft.note(
            "all_gpus_charged",
            f"the model used one GPU, the GPU energy is of all {max(gpus)} in the node, idle but for one",
            "compare within this data set only",
            "warning",
        )
    return read_records(draft, head, options, Workload(_config(_sizes(sizes_at)), _ITEMS))


def _sizes(path: Path | None) -> dict[str, int]:
    """Return the number of parameters by model."""
    if path is None:
        return {}
    frame = read_table(open_head(path), need=("model_name", "num_parameters"))
    return {
        str(name): count
        for name, said in frame.select("model_name", "num_parameters").iter_rows()
        if (count := as_int(said))
    }


def _config(sizes: dict[str, int]) -> Callable[[Row], Config]:
    """Return what makes the configuration of a record."""

    def of(row: Row) -> Config:
        said = as_text(row["task_dataset"]) or "unknown"
        prefix = max((name for name in _TASKS if said.startswith(name)), key=len, default="")
        task, modality = _TASKS.get(prefix, (said, None))
        model = as_text(row["project_name"]) or "unknown"
        size = sizes.get(model)
        return Config(
            task=task,
            model=model,
            framework="transformers",
            precision="unknown",
            batch_size=1.0,
            modality=modality,
            item_unit="inference",
            accelerators_count=as_int(as_float(row.get("gpu_count"))),
            params_count=size,
            facts_source="Luccioni et al. 2024" if size else None,
            dataset=said.removeprefix(prefix).strip("_") or None,
            scenario="zero_shot" if said.startswith("zeroshot") else "fine_tuned",
        )

    return of
