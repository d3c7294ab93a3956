"""Starts the scheduler worker; `drip worker` does the same from an installed package."""

from drip.cli import main

if __name__ == "__main__":
    main(["worker"])
