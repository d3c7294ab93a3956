"""The web, on a real server on loopback."""
