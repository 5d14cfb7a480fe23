-- The records that the staged objects hold. rows_staged counts those that belong to the load's window.
alter table {{ bookkeeping }}.loads add column rows_read bigint encode az64;
