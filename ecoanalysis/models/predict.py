"""Predict the energy, carbon, water and ESS of configurations that nobody measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.carbon import co2_g
from ecoanalysis.impact.factor import Factor
from ecoanalysis.impact.place import Place, find_place, site_of
from ecoanalysis.impact.score import ess, quantisation_factor
from ecoanalysis.impact.water import water_l
from ecoanalysis.models import gaussian, physics, residual, timed
from ecoanalysis.models.anchors import Adaptation, adapt, width_after
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.models.domain import check, tiers_of, warnings_of
from ecoanalysis.models.fit import Book, read_book
from ecoanalysis.models.frame import configuration_frame
from ecoanalysis.records import Quantity
from ecoanalysis.settings import Settings

LEVEL = 0.90
_TO_90 = 1.645 / 1.960  # factors are bounded at 95 %
_WIDEST_RATIO = 30.0  # wider than this is no answer
_TERMS_SHOWN = 4
_NEAREST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Anchor:
    """A measured run of the deployment that is asked about: its batch, and its energy per item [J]."""

    batch_size: float
    energy_per_item_j: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a configuration is predicted to take, per item; ESS per 1,000 items.

    tiers: what it extrapolates in, far to near; coverage and groups_count: of the last validation of the first of
    them; terms: shares of the energy, largest first; nearest: the most alike measured configurations.
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


def default_book(database: Path | None = None) -> Book:
    """Return the fits beside the database (`fits/current.json`) where there are any, else those that ship."""
    own = database.parent / "fits" / "current.json" if database else None
    if own is not None and own.is_file():
        return read_book(own)
    return _shipped()


@cache
def _shipped() -> Book:
    """Return the fits that ship with the package."""
    return read_book(Path(str(files("ecoanalysis.models").joinpath("fits/default.json"))))


def predict(
    configurations: Sequence[Configuration], settings: Settings, *, book: Book | None = None,
    anchors: Sequence[Anchor] = (), throughputs: Sequence[float | None] | None = None,
) -> list[Prediction]:  # fmt: skip
    """Return one prediction per configuration, in their order.

    `anchors` are runs of the deployment that all configurations share. `throughputs` [items/s], where known, make
    the timed variant answer. Raises `EcoError` for a configuration that is impossible or that nothing supports.
    """
    book = book or default_book(settings.database)
    for config in configurations:
        check(config)
        if config.kind not in book.fits:
            raise EcoError(
                f"no fit for energy per {config.item_unit}",
                f"eco import data with such rows, then eco fit; known: {', '.join(book.domains)}",
            )
    place = find_place(settings)
    speeds = list(throughputs or [None] * len(configurations))
    found: dict[int, Prediction] = {}
    for kind in sorted({config.kind for config in configurations}):
        at = [i for i, config in enumerate(configurations) if config.kind == kind]
        chosen = [configurations[i] for i in at]
        made = _of_kind(book, kind, chosen, anchors, [speeds[i] for i in at], place, settings)
        found |= dict(zip(at, made, strict=True))
    return [found[i] for i in range(len(configurations))]


def _of_kind(
    book: Book, kind: str, configs: list[Configuration], anchors: Sequence[Anchor], speeds: list[float | None],
    place: Place, settings: Settings,
) -> list[Prediction]:  # fmt: skip
    """Return the predictions of configurations of one kind."""
    fitted, domain = book.fits[kind], book.domains[kind]
    frame = configuration_frame(configs)
    _refuse_unknown(configs, frame)
    rows = list(frame.iter_rows(named=True))
    tiers = [tiers_of(row, domain) for row in rows]
    log_j = _by_champion(book, kind, frame, tiers)
    adaptation = _adaptation(book, kind, configs, anchors, tiers) if anchors else None
    if adaptation:
        log_j = log_j + adaptation.at(np.log(frame["batch_size"].to_numpy()))
    estimators = [fitted.values["champions"].get(found[0], "physics") for found in tiers]
    widths = [_width(book.intervals[kind], found, len(anchors)) for found in tiers]
    calibrations = [kind] * len(configs)
    _refuse_unsupported(configs, tiers, widths, speeds)
    _use_times(book, kind, frame, speeds, anchors, tiers, log_j, widths, estimators, calibrations)
    joules = physics.joules_by_term(residual.backbone_of(fitted), frame)
    names = [name.removeprefix("term_") for name in frame.columns if name.startswith("term_")]
    positions, _ = gaussian.nearest(fitted.values["process"], residual.seen_by(fitted, frame), _NEAREST_SHOWN)
    made = []
    for i, config in enumerate(configs):
        interval = book.intervals[calibrations[i]][tiers[i][0]]
        share = joules[i] / joules[i].sum()
        order = np.argsort(-share)[:_TERMS_SHOWN]
        quantities = _quantities(config, float(log_j[i]), widths[i], place, settings)
        clamped, notes = _limits(config, quantities[0], speeds[i])
        made.append(
            Prediction(
                config, clamped, *quantities[1:], estimators[i] + (" + anchors" if anchors else ""), tuple(tiers[i]),
                math.exp(widths[i]), interval["coverage"], interval["groups_count"], interval["method"],
                tuple((names[j], float(share[j])) for j in order),
                tuple(_near(book, kind, position) for position in positions[i]),
                (*warnings_of(config, rows[i], domain), *notes),
            )
        )  # fmt: skip
    return made


def _by_champion(book: Book, kind: str, frame: pl.DataFrame, tiers: list[list[str]]) -> np.ndarray:
    """Return log energies, each row by the champion of its farthest tier."""
    champions = [book.fits[kind].values["champions"].get(found[0], "physics") for found in tiers]
    blends = residual.predict_blends(book.fits[kind], frame, tuple(sorted(set(champions))))
    return np.array([blends[name][i] for i, name in enumerate(champions)])


def _refuse_unknown(configs: list[Configuration], frame: pl.DataFrame) -> None:
    """Raise `EcoError` where a fact that the physics needs is missing."""
    for config, row in zip(configs, frame.iter_rows(named=True), strict=True):
        bad = [
            name
            for name, value in row.items()
            if name.startswith("term_") and not (value is not None and math.isfinite(value))
        ]
        if bad or "x_unknown" in row:
            raise EcoError(
                f"{config.model} on {config.device.name}: facts are missing for {', '.join(bad) or 'its architecture'}",
                "give --model a config.json, and a device with bandwidth and peak rate",
            )


def _refuse_unsupported(
    configs: list[Configuration], tiers: list[list[str]], widths: list[float], speeds: list[float | None]
) -> None:
    """Raise `EcoError` where held-out groups show that a number would say nothing."""
    for config, found, width, speed in zip(configs, tiers, widths, speeds, strict=True):
        if math.exp(width) > _WIDEST_RATIO and not speed:
            raise EcoError(
                f"nothing measured supports a number for {config.model} on {config.device.name}: new are its "
                f"{', '.join(found)}, and the 90 % interval would be ×/÷ {math.exp(width):.0f}",
                "measure one run and give it as --anchors BATCH=JOULES, or name a measured --task and --framework",
            )


def _adaptation(
    book: Book, kind: str, configs: list[Configuration], anchors: Sequence[Anchor], tiers: list[list[str]]
) -> Adaptation:
    """Return the correction that anchors of this deployment ask for."""
    measured = [replace(configs[0], batch_size=anchor.batch_size) for anchor in anchors]
    expected = _by_champion(book, kind, configuration_frame(measured), [tiers[0]] * len(anchors))
    energies = np.log([anchor.energy_per_item_j for anchor in anchors])
    return adapt(np.log([anchor.batch_size for anchor in anchors]), energies - expected)


def _width(intervals: dict[str, Any], tiers: list[str], anchors_count: int) -> float:
    """Return the 90 % half-width of all tiers together [ln J]: the inside's, and what each adds, in quadrature."""
    inside = intervals["inside"]["half_width"]
    added = sum(max(intervals[tier]["half_width"] ** 2 - inside**2, 0.0) for tier in tiers)
    width: float = math.sqrt(inside**2 + added)
    return width_after(anchors_count, width)


def _use_times(
    book: Book, kind: str, frame: pl.DataFrame, speeds: list[float | None], anchors: Sequence[Anchor],
    tiers: list[list[str]], log_j: np.ndarray, widths: list[float], estimators: list[str], calibrations: list[str],
) -> None:  # fmt: skip
    """Replace predictions of configurations whose throughput is known by the timed variant's, in place."""
    at = [i for i, speed in enumerate(speeds) if speed]
    if not at or anchors or f"{kind} timed" not in book.fits:
        return
    seconds = [frame["devices_count"][i] / speed for i in at if (speed := speeds[i])]
    known = frame[at].with_columns(pl.Series("device_s", seconds))
    answers = timed.predict(book.fits[f"{kind} timed"], known)["log_j"]
    for i, answer in zip(at, answers, strict=True):
        log_j[i] = answer
        widths[i] = _width(book.intervals[f"{kind} timed"], tiers[i], 0)
        estimators[i], calibrations[i] = "timed", f"{kind} timed"


def _limits(config: Configuration, energy: Quantity, speed: float | None) -> tuple[Quantity, list[str]]:
    """Return the energy, held at TDP × time where a known speed shows that it would be above, with the reason."""
    if not speed or energy.value is None or config.device.tdp_w is None:
        return energy, []
    limit_j = 1.1 * config.device.tdp_w * config.devices_count / speed
    if energy.value <= limit_j:
        return energy, []
    return replace(energy, value=limit_j), [
        "the predicted power was above the devices' limit: held at 1.1 × TDP"
    ]


def _near(book: Book, kind: str, position: int) -> dict[str, Any]:
    """Return the measured configuration at a position of the process, with its energy [J]."""
    rows = book.nearest[kind]
    if position >= len(rows):
        return {}
    row = dict(rows[position])
    return row | {"energy_per_item_j": math.exp(row.pop("log_j"))}


def _quantities(
    config: Configuration, log_j: float, width: float, place: Place, settings: Settings
) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Return energy [J], carbon [g] and water [l] per item and ESS per 1,000 items, log-normal, at 90 %."""
    site = site_of(config.device.name, config.device.kind)
    pue, wue = place.pue[site], place.wue[site]
    energy_j = math.exp(log_j)
    carbon_g = co2_g(energy_j, place.carbon.value, pue.value)
    water = water_l(energy_j, wue.value, place.ewif.value, pue.value).total_l
    carbon_widths = _combined(width, place.carbon, pue)
    water_widths = _combined(width, place.ewif, wue)
    params = config.facts.params_count
    qf = quantisation_factor(config.precision, settings.qf) or 1.0
    score = ess(params, 1000 * carbon_g, qf)
    return (
        _quantity(energy_j, "J", config.boundary, (width, width)),
        _quantity(carbon_g, "g", config.boundary, carbon_widths),
        _quantity(water, "l", config.boundary, water_widths),
        _quantity(score, "1/g", config.boundary, carbon_widths[::-1]),
    )


def _combined(width: float, *factors: Factor) -> tuple[float, float]:
    """Return log widths below and above of an energy times independent factors."""
    below = math.sqrt(width**2 + sum((factor.down * _TO_90) ** 2 for factor in factors))
    above = math.sqrt(width**2 + sum((factor.up * _TO_90) ** 2 for factor in factors))
    return below, above


def _quantity(value: float | None, unit: str, boundary: str, widths: tuple[float, float]) -> Quantity:
    """Return an estimate with its interval."""
    if value is None:
        return Quantity(None, unit, "estimated", boundary, level=LEVEL, note="parameters or CO2 unknown")
    return Quantity(
        value, unit, "estimated", boundary, value * math.exp(-widths[0]), value * math.exp(widths[1]), LEVEL
    )
