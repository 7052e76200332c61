"""`python -m ecoanalysis` is `eco`."""

from ecoanalysis.cli import main

main()
