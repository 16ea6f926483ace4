"""`python -m spsim` is `spsim`."""

from spsim.cli import main

main()
