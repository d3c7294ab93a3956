"""`python -m tests.clinical_safety`: writes the pages of the hazard log."""

from tests.clinical_safety.page import write

if __name__ == "__main__":
    write()
