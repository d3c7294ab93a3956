"""Bookings: what systems send, read or refused. No network, no store: bytes in, events out."""
