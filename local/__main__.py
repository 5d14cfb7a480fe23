"""``python -m local COMMAND``: the commands behind the Makefile."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from local.settings import Settings
from local.stack.interrupt import Interrupted, raise_on_signals
from local.stack.progress import Progress
from redshift_standin import StandinError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    raise_on_signals()
    # psycopg warns about the connection that an interrupt closed; one line about the interrupt is enough.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    try:
        return _run(options, Settings.from_environment())
    except StandinError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Interrupted as interrupt:
        print(f"interrupted ({interrupt})", file=sys.stderr)
        return 128 + interrupt.number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The local stack's commands.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="start the stack, load data through Airflow, show the results")
    demo.add_argument("--data", type=Path, help="a directory of data; by default, data is generated")
    commands.add_parser("up", help="start the stack")
    commands.add_parser("alone", help="start the stand-in for S3 and Redshift, without Airflow")
    commands.add_parser("down", help="stop the stack")
    backfill = commands.add_parser(
        "backfill", help="run every hour of a period on an empty warehouse, and compare with a full load"
    )
    backfill.add_argument("--from", dest="start", default="2018-11-01", help="the first day, or the first hour")
    backfill.add_argument("--to", dest="end", default="2018-12-01", help="the day or hour after the last one")
    backfill.add_argument("--order", choices=["forwards", "backwards"], default="forwards")
    backfill.add_argument("--data", type=Path, help="a directory of data; by default, data is generated")
    soak = commands.add_parser("soak", help="run the property tests of the loads with new random examples")
    soak.add_argument("--minutes", default="10", help="start no new round after this many minutes")
    soak.add_argument("--seed", help="the seed of the first round; random by default")
    sql = commands.add_parser("sql", help="psql on the local warehouse")
    sql.add_argument("--query", help="run one statement instead of opening a prompt")
    sql.add_argument("--file", help="run the statements of a file instead of opening a prompt")
    airflow = commands.add_parser("airflow", help="the Airflow CLI on the local stack")
    airflow.add_argument("arguments", nargs=argparse.REMAINDER)
    notebook = commands.add_parser("notebook", help="JupyterLab with the analysts' notebook on the local warehouse")
    notebook.add_argument("arguments", nargs="*", help="arguments for JupyterLab, after --")
    commands.add_parser(
        "warehouse-env", help="print shell commands that export the connection variables of the warehouse"
    )
    return parser


def _run(options: argparse.Namespace, settings: Settings) -> int:
    # Imported late because these modules load boto3, psycopg and httpx: --help and usage errors do not need them.
    from local import soak
    from local.stack import alone, backfill, demo, env_file, next_steps, notebook, shell
    from local.stack.period import Period
    from local.stack.stack import Stack, running_settings

    progress = Progress()
    if options.command == "soak":
        return soak.soak(progress, options.minutes, options.seed)
    if options.command == "demo":
        demo.demo(Stack(settings, progress), progress, options.data)
    elif options.command == "backfill":
        period = Period.parse(options.start, options.end)
        backwards = options.order == "backwards"
        backfill.backfill(Stack(settings, progress), progress, period, options.data, backwards=backwards)
    elif options.command == "up":
        Stack(settings, progress).up()
        next_steps.print_next_steps(settings, progress)
    elif options.command == "alone":
        alone.serve_alone(Stack(settings, progress), progress)
    else:
        # These commands use the ports that the running stack was started with, even if the variables have changed.
        settings = running_settings(settings)
        stack = Stack(settings, progress)
        if options.command == "down":
            stack.down()
        elif options.command == "sql":
            return shell.run_sql(stack, options.query, options.file)
        elif options.command == "airflow":
            shell.run_airflow(stack, options.arguments)
        elif options.command == "notebook":
            notebook.open_notebook(settings, options.arguments)
        elif options.command == "warehouse-env":
            print(env_file.warehouse_exports(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
