"""`python -m tests.faults`: see `full`."""

import sys

from tests.faults.full import main

if __name__ == "__main__":
    sys.exit(main())
