"""The web: what providers call, and the page behind a patient's link."""
