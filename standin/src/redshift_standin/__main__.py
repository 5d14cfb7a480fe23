"""``python -m redshift_standin``: the command ``redshift-standin``."""

import sys

from redshift_standin.cli import main

if __name__ == "__main__":
    sys.exit(main())
