"""What goes to the clinic's own people: never counted among what patients hear."""

from typing import Final

ALERT: Final = "staff-alert"
"""The id of the one sequence that they are in. It comes with drip, and no patient is in it."""
