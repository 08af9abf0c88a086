"""The tasks, a file for each group of relatives."""
