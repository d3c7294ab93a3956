"""drip: each step of a clinic's advice reaches the patient once, at a sensible local time, in approved words."""

__version__ = "0.1.0"
