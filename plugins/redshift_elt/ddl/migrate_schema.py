"""Create the bookkeeping schema or bring it up to date: ``python -m redshift_elt.ddl.migrate_schema <connection>``."""

from __future__ import annotations

import argparse

from redshift_elt.ddl import migrate


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m redshift_elt.ddl.migrate_schema",
        description="Create the bookkeeping schema in a warehouse, or bring it up to date. Rows are kept.",
    )
    parser.add_argument("conn_id", help="the Airflow connection, which must log in as an administrator")
    parser.add_argument("--aws-conn-id", default="aws_default", help="the connection for AWS (default: %(default)s)")
    arguments = parser.parse_args()
    changed = migrate(arguments.conn_id, arguments.aws_conn_id)
    # A command writes its result to the standard output, whatever Airflow does with the log.
    print(f"Applied: {', '.join(changed)}" if changed else "The schema is up to date.")  # noqa: T201


if __name__ == "__main__":
    main()
