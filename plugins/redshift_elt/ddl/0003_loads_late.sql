-- Rows written for windows that had been loaded before. Loads of earlier versions wrote none.
alter table {{ bookkeeping }}.loads add column late bigint default 0 encode az64 not null;
