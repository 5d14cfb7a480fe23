-- When S3 last changed the object. For objects that were recorded before, the time is unknown and counts as older than
-- any other version.
alter table {{ bookkeeping }}.loaded_files add column modified_at timestamp default '1970-01-01' encode az64 not null;

alter table {{ bookkeeping }}.staged_files add column modified_at timestamp default '1970-01-01' encode az64 not null;
