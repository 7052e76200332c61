"""Fakes of the outer edge: libraries, kernel files, signals with known truth."""
