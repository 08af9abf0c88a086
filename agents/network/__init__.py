"""What a network is, and how a trial runs through it."""
