-- Rows that were deleted, or marked as deleted, because the source says so: a part of deleted or of updated. Null if the
-- strategy of the load has no deletes, and for loads of earlier versions.
alter table {{ bookkeeping }}.loads add column deleted_by_source bigint encode az64;
