"""The hazard log as values and as a page: `python -m tests.clinical_safety` writes the page anew."""
