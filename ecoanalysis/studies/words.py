"""Numbers of findings in words: ratios with intervals, counts, verdicts."""

from collections.abc import Sequence

from ecoanalysis.records import Finding

ALPHA = 0.05  # the false discovery rate at which a study says that it can tell


def times(ratio: float, low: float | None, high: float | None) -> str:
    """Return a ratio with its interval in words.

    >>> times(0.5, 0.25, 1234.5)
    '0.50× (0.25 to 1,234)'
    """
    if low is None or high is None:
        return f"{figure(ratio)}×"
    return f"{figure(ratio)}× ({figure(low)} to {figure(high)})"


def figure(value: float) -> str:
    """Return a positive number with two or three digits that matter.

    >>> figure(0.0123), figure(0.987), figure(12.34), figure(1562704.5)
    ('0.012', '0.99', '12.3', 'over 10,000')
    """
    if value >= 1e4:
        return "over 10,000"
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    >>> counted(1, "model"), counted(2, "study", "studies")
    ('1 model', '2 studies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def verb(number: int, one: str, many: str) -> str:
    """Return the form of a verb that goes with a count."""
    return one if number == 1 else many


def listed(names: Sequence[str], limit: int = 4) -> str:
    """Return names as a list in words.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], limit=1)
    ('a, b and c', 'a and 2 more')
    """
    shown, rest = list(names[:limit]), len(names) - limit
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def verdict(ratio: float, low: float | None, high: float | None, q_value: float | None = None) -> str:
    """Return in words what the interval of an energy ratio tells, after control for the comparisons made."""
    if low is None or high is None:
        return "one model without repeats carries no interval"
    if low <= 1 <= high:
        return "the change cannot be told from none"
    change = "a saving" if ratio < 1 else "a cost"
    if q_value is not None and q_value >= ALPHA:
        return f"{change} by its own interval, but not once the number of comparisons is allowed for"
    return f"the change is {change}"


def place_of(device: str, framework: str | None = None, dataset: str | None = None) -> str:
    """Return where something was measured, in words; what is not known is left out.

    >>> place_of("A2", "llama.cpp", "recorded")
    'A2 with llama.cpp'
    """
    words = device
    if framework and framework not in ("None", "unknown"):
        words += f" with {framework}"
    if dataset and dataset != "recorded":
        words += f" [{dataset}]"
    return words


def at(precision: str | None) -> str:
    """Return a precision in words, nothing where it is not stated."""
    return "" if precision in (None, "None", "unknown") else f" at {precision}"


def short(model: str) -> str:
    """Return a model's name without the folders it lies in.

    >>> short("Qwen/Qwen2.5-3B-GGUF/qwen2.5-3b")
    'qwen2.5-3b'
    """
    return model.rsplit("/", 1)[-1]


def headlines_first(kinds: Sequence[Sequence[Finding]], lead: int = 2) -> tuple[Finding, ...]:
    """Return findings of several kinds with the first `lead` of every kind before the others."""
    heads = [finding for kind in kinds for finding in kind[:lead]]
    return (*heads, *(finding for kind in kinds for finding in kind[lead:]))
