"""Decides. Values in, values out; standard library only, no I/O, and time is always an argument."""
