"""What staff do for one patient."""
