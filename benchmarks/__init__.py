"""How fast planning and sending are, and how that grows: `python -m benchmarks` runs all and prints a table."""
