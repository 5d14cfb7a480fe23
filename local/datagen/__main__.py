"""``python -m local.datagen TARGET``: generate a directory of data."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from local.datagen import Options, generate
from local.errors import StackError


def main(arguments: list[str] | None = None) -> None:
    """Read the options and write the data."""
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m local.datagen", description="Generate data in the formats of the real data."
    )
    parser.add_argument("target", type=Path, help="the new directory")
    parser.add_argument("--days", type=int, default=defaults.days, help="days of events (%(default)s)")
    parser.add_argument("--users", type=int, default=defaults.users, help="users in the logs (%(default)s)")
    parser.add_argument("--songs", type=int, default=defaults.songs, help="songs in the catalogue (%(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="random seed (%(default)s)")
    parser.add_argument("--start", type=date.fromisoformat, default=defaults.start, help="the first day (%(default)s)")
    options = vars(parser.parse_args(arguments))
    target = options.pop("target")
    try:
        generate(target, Options(**options))
    except StackError as error:
        sys.exit(str(error))
    print(f"Generated {options['days']} days of {options['users']} users and {options['songs']} songs in {target}.")


if __name__ == "__main__":
    main()
