"""The command line, `cogdyn`."""
