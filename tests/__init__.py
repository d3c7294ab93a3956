"""What drip promises, as sentences. Mirrors `drip/`."""
