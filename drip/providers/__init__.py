"""The only calls to message providers: one file each, and one list to be on."""
