"""Reads what clinicians write: YAML to sequences, templates to words, and the checks on both."""
