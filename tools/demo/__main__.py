"""`python -m tools.demo`, as `make demo` starts it; everything else is in `command`."""

import signal
import sys
from importlib import import_module

if __name__ == "__main__":
    # Ctrl-C while Python still loads ends it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(import_module("tools.demo.command").main())
