-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_known_suppliers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_suppliers_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

select
    min(case when snapshot_at > %(snapshot_at)s then snapshot_at end),
    count(case when snapshot_at = %(snapshot_at)s then 1 end)
from etl.snapshots
where target = %(target)s
    and snapshot_at >= %(snapshot_at)s;
-- with snapshot_at = '2018-11-01 00:00:00', target = 'known_suppliers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "known_suppliers" as held_1
where false
limit 0;

create temporary table "known_suppliers__fresh" as
select
    "supplier_id",
    "name"
from "known_suppliers"
where false;

insert into "known_suppliers__fresh" (
    "supplier_id",
    "name"
)
select
    "supplier_id",
    "name"
from (
    select distinct
        "supplier_id",
        "name",
        len("name") as "length_0"
    from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "known_suppliers__fresh";

select count(*)
from "known_suppliers__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "known_suppliers__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

create temporary table "known_suppliers__gone" (like "known_suppliers");

insert into "known_suppliers__gone" (
    "supplier_id",
    "name",
    "is_deleted"
)
select
    "known_suppliers"."supplier_id",
    "known_suppliers"."name",
    "known_suppliers"."is_deleted"
from "known_suppliers"
where
    not exists (
        select 1
        from "known_suppliers__fresh"
        where "known_suppliers__fresh"."supplier_id" = "known_suppliers"."supplier_id"
    )
    and not coalesce("known_suppliers"."is_deleted", false);

select
    (
        select count(*)
        from "known_suppliers"
        where not coalesce("is_deleted", false)
    ),
    (
        select count(*)
        from "known_suppliers__gone"
    );

select count(*)
from (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as keys;

create temporary table "known_suppliers__delta" (like "known_suppliers");

insert into "known_suppliers__delta" (
    "supplier_id",
    "name",
    "is_deleted"
)
with candidates as (
    select
        "supplier_id",
        "name",
        false as "is_deleted"
    from "known_suppliers__fresh"
    union all
    select
        "supplier_id",
        "name",
        true
    from "known_suppliers__gone"
),
choice_0 as (
    select
        "supplier_id",
        "name",
        "is_deleted"
    from (
        select
            "supplier_id",
            "name",
            "is_deleted",
            row_number() over (
                partition by
                    "supplier_id"
                order by
                    "name",
                    len("name"),
                    "is_deleted",
                    "supplier_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "supplier_id",
    "name",
    "is_deleted"
from (
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "choice_0"."supplier_id",
            "choice_0"."name",
            "choice_0"."is_deleted"
        from choice_0
    ) as wanted
    except
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "known_suppliers"."supplier_id",
            "known_suppliers"."name",
            "known_suppliers"."is_deleted"
        from "known_suppliers"
        join (
            select distinct
                "supplier_id"
            from candidates
        ) as touched
            on "known_suppliers"."supplier_id" = "touched"."supplier_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("known_suppliers"."supplier_id"),
    count(fresh_keys."supplier_id")
from "known_suppliers__delta"
left join "known_suppliers"
    on "known_suppliers"."supplier_id" = "known_suppliers__delta"."supplier_id"
left join (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as fresh_keys
    on "fresh_keys"."supplier_id" = "known_suppliers__delta"."supplier_id";

analyze "known_suppliers__delta";

merge into "known_suppliers"
using "known_suppliers__delta"
    on "known_suppliers"."supplier_id" = "known_suppliers__delta"."supplier_id"
when matched then
    update set
        "name" = "known_suppliers__delta"."name",
        "is_deleted" = "known_suppliers__delta"."is_deleted"
when not matched then
    insert (
        "supplier_id",
        "name",
        "is_deleted"
    )
    values (
        "known_suppliers__delta"."supplier_id",
        "known_suppliers__delta"."name",
        "known_suppliers__delta"."is_deleted"
    );

insert into etl.snapshots (
    target,
    snapshot_at
)
values (
    %(target)s,
    %(snapshot_at)s
);
-- with target = 'known_suppliers', snapshot_at = '2018-11-01 00:00:00'

insert into etl.loads (
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers', try_number = 1,
--      target = 'known_suppliers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      deleted_by_source = 0, objects = 1, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_known_suppliers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_suppliers_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

select
    min(case when snapshot_at > %(snapshot_at)s then snapshot_at end),
    count(case when snapshot_at = %(snapshot_at)s then 1 end)
from etl.snapshots
where target = %(target)s
    and snapshot_at >= %(snapshot_at)s;
-- with snapshot_at = '2018-11-01 00:00:00', target = 'known_suppliers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "known_suppliers" as held_1
where false
limit 0;

create temporary table "known_suppliers__fresh" as
select
    "supplier_id",
    "name"
from "known_suppliers"
where false;

insert into "known_suppliers__fresh" (
    "supplier_id",
    "name"
)
select
    "supplier_id",
    "name"
from (
    select distinct
        "supplier_id",
        "name",
        len("name") as "length_0"
    from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "known_suppliers__fresh";

select count(*)
from "known_suppliers__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "known_suppliers__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

create temporary table "known_suppliers__gone" (like "known_suppliers");

insert into "known_suppliers__gone" (
    "supplier_id",
    "name",
    "is_deleted"
)
select
    "known_suppliers"."supplier_id",
    "known_suppliers"."name",
    "known_suppliers"."is_deleted"
from "known_suppliers"
where
    not exists (
        select 1
        from "known_suppliers__fresh"
        where "known_suppliers__fresh"."supplier_id" = "known_suppliers"."supplier_id"
    )
    and not coalesce("known_suppliers"."is_deleted", false);

select
    (
        select count(*)
        from "known_suppliers"
        where not coalesce("is_deleted", false)
    ),
    (
        select count(*)
        from "known_suppliers__gone"
    );

select count(*)
from (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as keys;

create temporary table "known_suppliers__delta" (like "known_suppliers");

insert into "known_suppliers__delta" (
    "supplier_id",
    "name",
    "is_deleted"
)
with candidates as (
    select
        "supplier_id",
        "name",
        false as "is_deleted"
    from "known_suppliers__fresh"
    union all
    select
        "supplier_id",
        "name",
        true
    from "known_suppliers__gone"
),
choice_0 as (
    select
        "supplier_id",
        "name",
        "is_deleted"
    from (
        select
            "supplier_id",
            "name",
            "is_deleted",
            row_number() over (
                partition by
                    "supplier_id"
                order by
                    "name",
                    len("name"),
                    "is_deleted",
                    "supplier_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "supplier_id",
    "name",
    "is_deleted"
from (
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "choice_0"."supplier_id",
            "choice_0"."name",
            "choice_0"."is_deleted"
        from choice_0
    ) as wanted
    except
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "known_suppliers"."supplier_id",
            "known_suppliers"."name",
            "known_suppliers"."is_deleted"
        from "known_suppliers"
        join (
            select distinct
                "supplier_id"
            from candidates
        ) as touched
            on "known_suppliers"."supplier_id" = "touched"."supplier_id"
    ) as held
) as rows_that_differ;

insert into etl.loads (
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers', try_number = 2,
--      target = 'known_suppliers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 0, updated = 0, deleted = 0, unchanged = 3, late = 0,
--      deleted_by_source = 0, objects = 1, rows_read = 3, rejected = 0

select
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and task_id = %(task_id)s
    and window_end = %(window_end)s
    and window_start < window_end
    and inserted + updated + deleted + late > 0
order by loaded_at desc
limit 1;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_known_suppliers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_suppliers_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

select
    min(case when snapshot_at > %(snapshot_at)s then snapshot_at end),
    count(case when snapshot_at = %(snapshot_at)s then 1 end)
from etl.snapshots
where target = %(target)s
    and snapshot_at >= %(snapshot_at)s;
-- with snapshot_at = '2018-11-01 00:00:00', target = 'known_suppliers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "known_suppliers" as held_1
where false
limit 0;

create temporary table "known_suppliers__fresh" as
select
    "supplier_id",
    "name"
from "known_suppliers"
where false;

insert into "known_suppliers__fresh" (
    "supplier_id",
    "name"
)
select
    "supplier_id",
    "name"
from (
    select distinct
        "supplier_id",
        "name",
        len("name") as "length_0"
    from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "known_suppliers__fresh";

select count(*)
from "known_suppliers__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "known_suppliers__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

create temporary table "known_suppliers__gone" (like "known_suppliers");

insert into "known_suppliers__gone" (
    "supplier_id",
    "name",
    "is_deleted"
)
select
    "known_suppliers"."supplier_id",
    "known_suppliers"."name",
    "known_suppliers"."is_deleted"
from "known_suppliers"
where
    not exists (
        select 1
        from "known_suppliers__fresh"
        where "known_suppliers__fresh"."supplier_id" = "known_suppliers"."supplier_id"
    )
    and not coalesce("known_suppliers"."is_deleted", false);

select
    (
        select count(*)
        from "known_suppliers"
        where not coalesce("is_deleted", false)
    ),
    (
        select count(*)
        from "known_suppliers__gone"
    );

select count(*)
from (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as keys;

create temporary table "known_suppliers__delta" (like "known_suppliers");

insert into "known_suppliers__delta" (
    "supplier_id",
    "name",
    "is_deleted"
)
with candidates as (
    select
        "supplier_id",
        "name",
        false as "is_deleted"
    from "known_suppliers__fresh"
    union all
    select
        "supplier_id",
        "name",
        true
    from "known_suppliers__gone"
),
choice_0 as (
    select
        "supplier_id",
        "name",
        "is_deleted"
    from (
        select
            "supplier_id",
            "name",
            "is_deleted",
            row_number() over (
                partition by
                    "supplier_id"
                order by
                    "name",
                    len("name"),
                    "is_deleted",
                    "supplier_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "supplier_id",
    "name",
    "is_deleted"
from (
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "choice_0"."supplier_id",
            "choice_0"."name",
            "choice_0"."is_deleted"
        from choice_0
    ) as wanted
    except
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "known_suppliers"."supplier_id",
            "known_suppliers"."name",
            "known_suppliers"."is_deleted"
        from "known_suppliers"
        join (
            select distinct
                "supplier_id"
            from candidates
        ) as touched
            on "known_suppliers"."supplier_id" = "touched"."supplier_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("known_suppliers"."supplier_id"),
    count(fresh_keys."supplier_id")
from "known_suppliers__delta"
left join "known_suppliers"
    on "known_suppliers"."supplier_id" = "known_suppliers__delta"."supplier_id"
left join (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as fresh_keys
    on "fresh_keys"."supplier_id" = "known_suppliers__delta"."supplier_id";

analyze "known_suppliers__delta";

merge into "known_suppliers"
using "known_suppliers__delta"
    on "known_suppliers"."supplier_id" = "known_suppliers__delta"."supplier_id"
when matched then
    update set
        "name" = "known_suppliers__delta"."name",
        "is_deleted" = "known_suppliers__delta"."is_deleted"
when not matched then
    insert (
        "supplier_id",
        "name",
        "is_deleted"
    )
    values (
        "known_suppliers__delta"."supplier_id",
        "known_suppliers__delta"."name",
        "known_suppliers__delta"."is_deleted"
    );

insert into etl.loads (
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers', try_number = 3,
--      target = 'known_suppliers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 2, inserted = 0, updated = 2, deleted = 0, unchanged = 1, late = 0,
--      deleted_by_source = 1, objects = 1, rows_read = 2, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_known_suppliers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_suppliers_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

select
    min(case when snapshot_at > %(snapshot_at)s then snapshot_at end),
    count(case when snapshot_at = %(snapshot_at)s then 1 end)
from etl.snapshots
where target = %(target)s
    and snapshot_at >= %(snapshot_at)s;
-- with snapshot_at = '2018-11-01 00:00:00', target = 'known_suppliers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "known_suppliers" as held_1
where false
limit 0;

create temporary table "known_suppliers__fresh" as
select
    "supplier_id",
    "name"
from "known_suppliers"
where false;

insert into "known_suppliers__fresh" (
    "supplier_id",
    "name"
)
select
    "supplier_id",
    "name"
from (
    select distinct
        "supplier_id",
        "name",
        len("name") as "length_0"
    from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "known_suppliers__fresh";

select count(*)
from "known_suppliers__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "known_suppliers__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

create temporary table "known_suppliers__gone" (like "known_suppliers");

insert into "known_suppliers__gone" (
    "supplier_id",
    "name",
    "is_deleted"
)
select
    "known_suppliers"."supplier_id",
    "known_suppliers"."name",
    "known_suppliers"."is_deleted"
from "known_suppliers"
where
    not exists (
        select 1
        from "known_suppliers__fresh"
        where "known_suppliers__fresh"."supplier_id" = "known_suppliers"."supplier_id"
    )
    and not coalesce("known_suppliers"."is_deleted", false);

select
    (
        select count(*)
        from "known_suppliers"
        where not coalesce("is_deleted", false)
    ),
    (
        select count(*)
        from "known_suppliers__gone"
    );

select count(*)
from (
    select distinct
        "supplier_id"
    from "known_suppliers__fresh"
) as keys;

create temporary table "known_suppliers__delta" (like "known_suppliers");

insert into "known_suppliers__delta" (
    "supplier_id",
    "name",
    "is_deleted"
)
with candidates as (
    select
        "supplier_id",
        "name",
        false as "is_deleted"
    from "known_suppliers__fresh"
    union all
    select
        "supplier_id",
        "name",
        true
    from "known_suppliers__gone"
),
choice_0 as (
    select
        "supplier_id",
        "name",
        "is_deleted"
    from (
        select
            "supplier_id",
            "name",
            "is_deleted",
            row_number() over (
                partition by
                    "supplier_id"
                order by
                    "name",
                    len("name"),
                    "is_deleted",
                    "supplier_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "supplier_id",
    "name",
    "is_deleted"
from (
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "choice_0"."supplier_id",
            "choice_0"."name",
            "choice_0"."is_deleted"
        from choice_0
    ) as wanted
    except
    select
        "supplier_id",
        "name",
        "is_deleted",
        len("name") as "length_0"
    from (
        select
            "known_suppliers"."supplier_id",
            "known_suppliers"."name",
            "known_suppliers"."is_deleted"
        from "known_suppliers"
        join (
            select distinct
                "supplier_id"
            from candidates
        ) as touched
            on "known_suppliers"."supplier_id" = "touched"."supplier_id"
    ) as held
) as rows_that_differ;

insert into etl.loads (
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers', try_number = 4,
--      target = 'known_suppliers', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 2,
--      inserted = 0, updated = 0, deleted = 0, unchanged = 2, late = 0, deleted_by_source = 0, objects = 1,
--      rows_read = 2, rejected = 0

select
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and task_id = %(task_id)s
    and window_end = %(window_end)s
    and window_start < window_end
    and inserted + updated + deleted + late > 0
order by loaded_at desc
limit 1;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_known_suppliers'

commit;
