"""The records of a prediction: what is asked, what is known already, what is answered."""

from dataclasses import dataclass
from typing import Any

from ecoanalysis.models.configuration import Configuration
from ecoanalysis.records import Quantity


@dataclass(frozen=True, slots=True)
class Anchor:
    """A measured run of the deployment that is asked about: its batch, and its energy per item [J]."""

    batch_size: float
    energy_per_item_j: float


@dataclass(frozen=True, slots=True)
class Question:
    """A configuration to predict, with what the user knows of it.

    throughput [items/s]; anchors: measured runs of the same deployment; region, pue: in place of the settings';
    assumed: what the user left open, in sentences.
    """

    configuration: Configuration
    throughput: float | None = None
    anchors: tuple[Anchor, ...] = ()
    region: str | None = None
    pue: float | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a configuration is predicted to take, per item; ESS per 1,000 items.

    tiers: what it extrapolates in, far to near; coverage and groups_count: of the last validation of the first of
    them; terms: shares of the energy, largest first; nearest: the most alike measured configurations; assumed: what
    the question left open; place: the factors behind carbon and water, in a sentence.
    """

    configuration: Configuration
    energy: Quantity
    co2: Quantity
    water: Quantity
    ess: Quantity
    estimator: str
    tiers: tuple[str, ...]
    half_width_ratio: float
    coverage: float | None
    groups_count: int
    calibration: str
    terms: tuple[tuple[str, float], ...]
    nearest: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    assumed: tuple[str, ...] = ()
    place: str = ""
    anchors_count: int = 0
