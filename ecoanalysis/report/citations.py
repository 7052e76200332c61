"""The works that a report cites: definitions, factors, imported data."""

import re

from ecoanalysis.impact.factor import Factor
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Reference

_ALWAYS = (
    Reference(
        "minoza2025",
        "Minoza, J. M. A. et al.",
        "ML-EcoLyzer: Quantifying the Environmental Cost of Machine Learning Inference",
        "2025",
        "arXiv:2511.06694",
        "https://arxiv.org/abs/2511.06694",
    ),
    Reference(
        "yang2024",
        "Yang, Z., Adamek, K. and Armour, W.",
        "Accurate and Convenient Energy Measurements for GPUs: A Detailed Study of NVIDIA GPU's Built-In Power Sensor",
        "2024",
        "SC24",
        "https://arxiv.org/abs/2312.02741",
    ),
    Reference(
        "li2025",
        "Li, P., Yang, J., Islam, M. A. and Ren, S.",
        "Making AI Less “Thirsty”",
        "2025",
        "Communications of the ACM 68(7)",
        "https://doi.org/10.1145/3724499",
    ),
    Reference(
        "reig2020",
        "Reig, P. et al.",
        "Guidance for Calculating Water Use Embedded in Purchased Electricity",
        "2020",
        "World Resources Institute",
    ),
    Reference(
        "iso30134", "ISO/IEC", "30134-2: Key performance indicators: Power usage effectiveness (PUE)", "2016"
    ),
)


def factor_reference(factor: Factor) -> Reference:
    """Return the source of a factor, which tables state as "Author (year), title"."""
    if stated := re.match(r"(.+?) \((\d{4})\),? (.+)", factor.source):
        author, year, title = stated.groups()
        return Reference("carbonfactor", author, title, year, "", factor.url)
    return Reference("carbonfactor", "", factor.source, str(factor.year or ""), "", factor.url)


def references(context: Context) -> tuple[Reference, ...]:
    """Return the references in the order of their keys; imported data sets are among them."""
    found = list(_ALWAYS)
    carbon = context.place.carbon
    found.append(factor_reference(carbon))
    seen: set[str] = set()
    for row in context.sources.select("dataset", "citation", "url", "licence").iter_rows(named=True):
        name = str(row["dataset"])
        if row["citation"] and name not in seen:
            seen.add(name)
            key = "data" + "".join(c for c in name.lower() if c.isalnum() and c.isascii())
            terms = f", licence: {row['licence']}" if row["licence"] else ", licence not stated"
            found.append(
                Reference(key, "", str(row["citation"]), "", f"data set {name}{terms}", str(row["url"] or ""))
            )
    return tuple(sorted(found, key=lambda reference: reference.key))
