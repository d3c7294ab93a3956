"""What staff do for a patient, a verb in each file: every deed has its line in the audit, in the same transaction."""
