"""``python -m rnnlab``."""

import sys


def main() -> int:
    """Run the command line; an interrupt while it is still being imported is no fault either."""
    try:
        from rnnlab.cli import main as run
    except KeyboardInterrupt:
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
