-- The beginning of the period in the key of the object (UTC); null if the key has none.
alter table {{ bookkeeping }}.staged_files add column period_start timestamp encode az64;
