"""Which measured software stack a framework's name means."""

from ecoanalysis.identity.precisions import Precision
from ecoanalysis.models.configuration import framework_of, names_version
from ecoanalysis.models.fit import Book

LOCAL = "llama.cpp"  # runs on a desk: answers one request at a time unless it is told otherwise


def known_stack(
    framework: str | None, book: Book, kind: str, assumed: list[str], precision: Precision | None = None
) -> tuple[str, bool]:
    """Return the measured software stack that a framework's name means, and whether what runs is another version.

    Of several the newest; what was taken is added to `assumed`. Another version: one that was not measured, or where
    neither the user nor the data says which it is. Where no framework is given, the one whose own format the
    precision of a text model is: llama.cpp for q4_k_m.
    """
    levels = book.domains.get(kind, {}).get("levels", {}).get("stack", [])
    implied = precision.stack if precision and kind in ("token", "request") else None
    asked = (framework or implied or "").lower()
    if exact := next((stack for stack in levels if stack.lower() == asked), None):
        return exact, False
    if asked:
        found = [stack for stack in levels if framework_of(stack) == framework_of(asked)]
    else:
        found = [stack for stack in levels if stack.startswith(("vllm", "diffusers"))] or levels
    chosen: str = found[-1] if found else asked or "unknown"
    if precision and implied and not framework:
        assumed.append(f"software stack: {chosen}, for {precision.name} is a format of {implied}")
    elif found:
        assumed.append(
            f"software stack: {chosen}" + (f" in place of {asked}" if names_version(asked) else "")
        )
    return chosen, bool(found) and (names_version(asked) or not names_version(chosen))
