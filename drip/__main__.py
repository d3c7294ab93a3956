"""`python -m drip`."""

from drip.cli import main

main()
