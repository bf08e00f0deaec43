"""`python -m panel` is the `postroom` command."""

import sys

from panel.cli import main

if __name__ == "__main__":
    sys.exit(main())
