"""What the operators have in common: the warehouse's connection, the run's window, and one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from redshift_elt.window import Window, resolve_window

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    from redshift_elt.transaction import Session

Result = TypeVar("Result")


class WarehouseOperator(BaseSQLOperator):
    """An operator that works in the warehouse, in one transaction, for its run's window.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres``.
    :param aws_conn_id: the connection for S3, and for finding a cluster by its name.
    """

    template_fields: Sequence[str] = ("conn_id", "aws_conn_id")
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#eaf2fb"

    def __init__(self, *, conn_id: str = "redshift_default", aws_conn_id: str = "aws_default", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.aws_conn_id = aws_conn_id

    @cached_property
    def _hook(self) -> DbApiHook:
        from redshift_elt.hook import warehouse_hook

        return warehouse_hook(self.conn_id, self.aws_conn_id)

    @cached_property
    def s3(self) -> S3Hook:
        """The client for the bucket."""
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        return S3Hook(aws_conn_id=self.aws_conn_id)

    def window(self, context: Mapping[str, Any]) -> Window:
        """Return the run's window, and tell the log."""
        window = resolve_window(context)
        self.log.info("Window: %s (%s).", window, window.origin)
        return window

    def transaction(
        self,
        work: Callable[[Session], Result],
        explain: Callable[[Session, Exception], Exception] | None = None,
        *,
        read_only: bool = False,
    ) -> Result:
        """Do a piece of work in one transaction; see :func:`redshift_elt.transaction.in_transaction`."""
        from redshift_elt.transaction import in_transaction

        return in_transaction(self.get_db_hook(), work, explain, read_only=read_only)
