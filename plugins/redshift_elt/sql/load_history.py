"""What Redshift remembers of a COPY: how much it read, and what it could not load.

The views ``sys_…`` are there on every warehouse, ``stl_load_errors`` on provisioned clusters only; it alone has the
text that was refused (AWS pages "SYS_LOAD_ERROR_DETAIL", "STL_LOAD_ERRORS"). Their texts are padded with blanks.
"""

from __future__ import annotations

from collections.abc import Iterable

COPIED_ROWS = "select pg_last_copy_count()"

LAST_COPY = """\
select
    query_id,
    loaded_rows,
    source_file_count,
    error_count
from sys_load_history
where query_id = pg_last_copy_id()
  and status = 'completed'"""

SCANNED = """\
select
    count(*),
    sum(lines_scanned)
from sys_load_detail
where query_id = %s"""

_ERRORS = """\
select
    query_id,
    trim(file_name),
    line_number,
    trim(column_name),
    trim(column_type),
    error_code,
    trim(error_message)
from sys_load_error_detail
"""

ERRORS_OF_COPY = (
    _ERRORS
    + """\
where query_id = %s
order by
    file_name,
    line_number"""
)

# After a rollback pg_last_copy_id() need not tell (AWS page "PG_LAST_COPY_ID"), so the failed COPY is found by its
# session. Of its transaction, the COPYs before it are shown too: what they tolerated counts for the limit.
ERRORS_OF_FAILURE = (
    _ERRORS
    + """\
where session_id = pg_backend_pid()
  and transaction_id = (
      select max(transaction_id)
      from sys_load_error_detail
      where session_id = pg_backend_pid()
  )
order by
    query_id desc,
    file_name,
    line_number
limit %s"""
)


def refused_texts(queries: Iterable[int]) -> str:
    """Return the query for the texts that COPYs refused: query, file, line, column, the field's text and the line's.

    :param queries: the query ids of the COPYs.
    """
    listed = ", ".join(str(int(query)) for query in queries)
    return (
        "select\n    query,\n    trim(filename),\n    line_number,\n    trim(colname),\n    trim(raw_field_value),\n"
        f"    trim(raw_line)\nfrom stl_load_errors\nwhere query in ({listed})"
    )
