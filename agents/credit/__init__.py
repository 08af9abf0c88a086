"""What learning rules share: what they see of a bin, errors and feedback, traces, descent."""
