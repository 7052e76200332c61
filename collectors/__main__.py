"""`python -m collectors` is `eco-collect`."""

from collectors.cli import main

main()
