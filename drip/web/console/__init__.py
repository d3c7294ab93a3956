"""The staff console: pages for the clinic's people, behind a sign-in."""
