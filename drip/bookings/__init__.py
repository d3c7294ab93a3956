"""The only knowledge of booking systems: one file each."""
