"""A program that removes a stack if the process that uses it is killed.

It reads from a pipe that only that process writes to. The pipe ends with the process, however it ends.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Wait for the end of the input; if it is empty, remove the stack that the environment describes."""
    if sys.stdin.buffer.read():
        return
    # Imported only now, because nearly always there is nothing to remove.
    from local.settings import Settings
    from tests.support.own_stack import remove, stack_of

    remove(stack_of(Settings.from_environment(), own_metadata=True))


if __name__ == "__main__":
    main()
