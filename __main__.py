"""The command line as a module: `python -m cogdyn`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, also while modules are loaded."""
    try:
        from .lessons.commands.main import main as run

        run()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
