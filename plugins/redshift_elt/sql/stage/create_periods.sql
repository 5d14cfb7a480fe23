{# The table of the periods that an unfinished staging has copied. One more row, without a period, says how the source was
   defined when the staging began, and which try of the task works on it. #}
create table {{ periods | table }} (
    period_start timestamp encode az64,
    rows_kept bigint encode az64,
    rows_left_out bigint encode az64,
    definition varchar(65535) encode zstd,
    claimed_by varchar(32) encode zstd
)
diststyle all
