"""The console, as people use it: in a real browser."""
