"""A whole clinic's months in minutes: invented patients through the real flows, on a virtual clock."""

from drip.simulation.report import Report
from drip.simulation.run import run_simulation

__all__ = ["Report", "run_simulation"]
