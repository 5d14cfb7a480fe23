-- The column counts the keys that a load found in the staging tables, not what COPY read.
alter table etl.loads rename column rows_read to rows_staged;
