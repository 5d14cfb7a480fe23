-- The column counts the keys that a load found in the staging tables, not what COPY read.
alter table {{ bookkeeping }}.loads rename column rows_read to rows_staged;
