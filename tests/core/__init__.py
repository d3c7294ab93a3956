"""Core: values in, values out. No fixtures, no fakes: tables and properties."""
