-- Two kinds of rows:
--   object    an S3 object that the run has staged, in this version
--   listing   a prefix that the run has listed: object_key is the prefix, modified_at the time of the listing (UTC),
--             etag is empty and size_bytes is 0
alter table {{ bookkeeping }}.staged_files add column kind varchar(8) default 'object' encode zstd not null;
