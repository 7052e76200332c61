"""The formats that can be written; to add one, write its file and list it here."""

from collections.abc import Callable
from pathlib import Path

from ecoanalysis.exporters.boamps import write_boamps
from ecoanalysis.exporters.checklist import write_checklist
from ecoanalysis.exporters.codecarbon_csv import write_codecarbon
from ecoanalysis.exporters.huggingface import write_huggingface
from ecoanalysis.exporters.sci import write_sci
from ecoanalysis.exporters.selected import Selection

TABLES = ("parquet", "csv")  # all tables and a manifest, instead of a selection
EXPORTERS: dict[str, Callable[[Selection, Path], list[Path]]] = {
    "boamps": write_boamps,
    "huggingface": write_huggingface,
    "codecarbon": write_codecarbon,
    "sci": write_sci,
    "checklist": write_checklist,
}
