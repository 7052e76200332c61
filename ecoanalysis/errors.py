"""The error that a user can mend; the same class in the collectors and here."""

from collectors.trace.errors import EcoError

__all__ = ["EcoError"]
