"""The functions that can be called; all others are refused.

``IN_STANDIN`` are those that PostgreSQL lacks or computes differently. They are in schema ``standin`` of each database
(engine/catalog/*.sql) under Redshift's names, because a result column is named after its function.
"""

from __future__ import annotations

from redshift_standin.sql.lexer import words

BUILT_IN = words(
    """
    abs acos ascii asin atan atan2 bit_and bit_or bool_and bool_or btrim ceil ceiling char_length
    character_length chr coalesce cos cot count cube cume_dist date degrees dense_rank exp first_value floor
    greatest grouping has_database_privilege has_schema_privilege lag last_value lead least
    left ln log lpad ltrim max md5 min mod nth_value ntile nullif octet_length percent_rank percentile_cont
    percentile_disc pg_backend_pid pg_last_copy_count pg_last_copy_id pg_last_unload_count pi position power quote_ident
    quote_literal radians random rank repeat replace reverse right rollup row_number rpad rtrim sign sin
    split_part sqrt stddev stddev_pop stddev_samp strpos substr substring tan to_char to_number
    translate trim upper lower initcap var_pop var_samp variance pg_get_userbyid pg_table_is_visible format_type
    current_schema generate_series now
    """
)

IN_STANDIN = words(
    """
    add_months avg charindex concat convert_timezone current_database date_trunc fnv_hash getdate has_table_privilege
    is_valid_json is_valid_json_array json_array_length json_extract_array_element_text json_extract_path_text last_day
    len length listagg median regexp_count regexp_instr regexp_replace regexp_substr round sha1 sha2 strtol sum sysdate
    to_date to_timestamp trunc version
    pg_cancel_backend pg_terminate_backend
    """
)

# Functions of the leader node, for queries of catalogs alone; those in the second list are in schema standin.
CATALOG = words(
    """
    array_to_string col_description current_schemas obj_description pg_encoding_to_char pg_function_is_visible
    pg_get_expr pg_get_viewdef pg_type_is_visible
    """
)

CATALOG_IN_STANDIN = words("format_encoding pg_get_constraintdef pg_get_indexdef pg_get_late_binding_view_cols")

# Functions that a query of catalogs may have in FROM.
CATALOG_TABLES = words("current_database pg_get_late_binding_view_cols")

# Synonyms, and the names that they stand for.
SYNONYMS = {
    "nvl": "coalesce",
    "ifnull": "coalesce",
    "pow": "power",
    "textlen": "len",
    "dlog10": "log",
    "dexp": "exp",
    "sha": "sha1",
    "func_sha1": "sha1",
}

# What SET_CONFIG sets, and PostgreSQL's names of the settings.
SETTINGS = {"query_group": "standin.query_group", "statement_timeout": "statement_timeout"}

# Functions whose first argument is a date part, and the name of their result column.
DATE_PART_FIRST = {"dateadd": "date_add", "date_add": "date_add", "datediff": "date_diff", "date_diff": "date_diff"}

# With an ORDER BY in their window, Redshift requires a frame clause.
NEED_A_FRAME = words(
    """
    avg bit_and bit_or bool_and bool_or count first_value last_value max min nth_value stddev stddev_pop
    stddev_samp sum var_pop var_samp variance
    """
)

# Functions that run on the leader node only (AWS page "Leader node-only functions"). generate_series is on no list.
LEADER_ONLY = words(
    "current_schema generate_series has_database_privilege has_schema_privilege has_table_privilege now"
)

# Aggregate functions.
AGGREGATES = words(
    """
    avg bit_and bit_or bool_and bool_or count listagg max median min percentile_cont percentile_disc stddev
    stddev_pop stddev_samp sum var_pop var_samp variance
    """
)

# Words before a parenthesis that are not functions.
SYNTAX = words(
    """
    all and any as between by case distinct else except exists from group having in intersect is join like ilike
    limit not offset on or order over partition select sets similar some then to union using when where with
    within escape
    """
)

_PARTS = {
    "millennium": "millennium mil mils millenniums millennia",
    "century": "century c cent cents centuries",
    "decade": "decade dec decs decades",
    "year": "year y yr yrs years",
    "quarter": "quarter qtr qtrs quarters",
    "month": "month mon mons months",
    "week": "week w weeks",
    "dow": "dayofweek dow dw weekday",
    "doy": "dayofyear doy dy yearday",
    "day": "day d days",
    "hour": "hour h hr hrs hours",
    "minute": "minute m min mins minutes",
    "second": "second s sec secs seconds",
    "milliseconds": "millisecond ms msec msecs msecond mseconds millisec millisecs millisecon milliseconds",
    "microseconds": "microsecond us usec usecs usecond useconds microsec microsecs microsecon microseconds",
    "epoch": "epoch",
}

# Every spelling of a date part and PostgreSQL's name for it.
DATE_PARTS = {spelling: part for part, spellings in _PARTS.items() for spelling in spellings.split()}

# Parts that can only be extracted.
_ONLY_EXTRACTED = frozenset({"dow", "doy", "epoch"})

ARITHMETIC_PARTS = frozenset(DATE_PARTS.values()) - _ONLY_EXTRACTED


def column_name(function: str) -> str:
    """Return the name of a function's result column."""
    written = {"extract": "date_part", "date_part": "pgdate_part", "decode": "case", "nvl2": "case"}
    return written.get(function) or SYNONYMS.get(function) or DATE_PART_FIRST.get(function, function)
