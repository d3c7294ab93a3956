"""What every test shares: how widely the properties are searched."""

from hypothesis import settings

settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("full", max_examples=4000, deadline=None, database=None)
settings.load_profile("ci")
