"""The story, one verb per file."""
