"""What happens when things break: workers are killed, providers misbehave, and afterwards the books are compared."""
