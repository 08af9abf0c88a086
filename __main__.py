"""The command line as a module: `python -m cogdyn`."""

from .lessons.command_line import main

if __name__ == "__main__":
    main()
