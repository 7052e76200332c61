"""Files that only explain others: recognised, so that a folder imports without complaints."""

from ecoanalysis.importers.head import Head

_BY_COLUMNS: dict[tuple[str, ...], str] = {
    ("file", "model", "url", "nickname", "params"): "the ML.ENERGY v2 tables beside it",
    ("model_name", "num_parameters"): "the emissions file beside it",
    ("model", "task", "type", "sst2 (acc)"): "the emissions file beside it",
    ("file", "run_id", "expected_window_s"): "the power logs beside it",
    ("Architecture", "Min Watts", "Max Watts"): "nothing: cloud coefficients are factors, not measurements",
    ("Region", "Source"): "nothing: grid factors belong to `eco factors`",
    ("", "throughput_tok_s", "avg_power_w", "energy_per_request_j"): "the raw table beside it",
}


def companion_of(head: Head) -> str | None:
    """Return what the file explains, None when it is not a known companion."""
    if head.text.startswith(":::MLLOG"):
        return "the power log beside it"
    if "Thread - " in head.text[:200] and "_carbontracker" in head.path.name:
        return "carbontracker's other logs beside it"
    if (
        head.text.startswith("PERUN REPORT")
        or '"metric_md"' in head.text[:600]
        or " - RUNTIME" in head.text[:4000]
        or (head.data.startswith(b"\x80") and b"perun." in head.data[:200])  # a pickle
    ):
        return "perun's HDF5 beside it"
    if head.data.startswith(b"PAR1"):
        return "the table beside it"
    if head.path.suffix.lower() in (".md", ".pdf", ".png", ".html", ".py", ".ipynb"):
        return "the data files beside it"
    return next((what for names, what in _BY_COLUMNS.items() if head.has(*names)), None)
