-- passed, warned or failed. Only checks with the severity warn can warn.
alter table {{ bookkeeping }}.check_results add column outcome varchar(8) default 'failed' encode zstd not null;

update {{ bookkeeping }}.check_results
set outcome = case when passed then 'passed' else 'warned' end
where passed or severity = 'warn';

-- The seconds of the scan, which all checks of one table share. Unknown, so 0, for checks of earlier versions.
alter table {{ bookkeeping }}.check_results add column duration_seconds double precision default 0 encode zstd not null;
