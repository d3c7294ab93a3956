"""What staff do for one patient, a verb in each file: every deed is one transaction, with its line in the audit."""
