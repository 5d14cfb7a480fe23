"""The processes of the local stack, and the commands that start, use and stop them."""
