"""``python -m rnnlab``."""

import signal
import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line.

    An interrupt while it is still being imported, or again while the command ends, is no fault.
    """
    try:
        from rnnlab.cli import main as run

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        # The exit code is decided: a signal that comes once more must not be another one.
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
