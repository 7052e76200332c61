"""Which runs would narrow a prediction most, as a ready command line."""

from ecoanalysis.models.anchors import suggest_batches
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.fit import Book


def suite_line(config: Configuration, book: Book, count: int = 3) -> str:
    """Return the `eco-collect suite` line of the `count` batches whose runs narrow this deployment's curve most."""
    low, high = book.domains[config.kind]["batch"]
    low, high = max(1.0, min(low, config.batch_size)), max(high, config.batch_size)
    batches = ",".join(map(str, suggest_batches(low, min(high, 1024.0), count)))
    chosen = {"model": config.model, "precision": config.precision, "batch_size": batches}
    return "eco-collect suite gpu " + " ".join(f"--select {key}={value}" for key, value in chosen.items())
