-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_supplier_history";

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
-- with snapshot_at = '2018-11-01 00:00:00', target = 'supplier_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "supplier_history" as held_1
where false
limit 0;

create temporary table "supplier_history__fresh" as
select
    "supplier_id",
    "name"
from "supplier_history"
where false;

insert into "supplier_history__fresh" (
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

analyze "supplier_history__fresh";

select count(*)
from "supplier_history__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "supplier_history__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

select
    count(*),
    count(case when "supplier_history__fresh"."supplier_id" is null then 1 end)
from "supplier_history"
left join "supplier_history__fresh"
    on "supplier_history"."supplier_id" = "supplier_history__fresh"."supplier_id"
where
    "supplier_history"."valid_from" <= %(snapshot_at)s
    and (
        "supplier_history"."valid_to" > %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__wanted" (like "supplier_history");

insert into "supplier_history__wanted" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
with pieces as (
    select
        "supplier_history"."supplier_id",
        "supplier_history"."name",
        "supplier_history"."valid_from",
        %(snapshot_at)s::timestamp as "valid_to"
    from "supplier_history"
    where
        "supplier_history"."valid_from" < %(snapshot_at)s
        and (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
    union all
    select
        "supplier_id",
        "name",
        %(snapshot_at)s::timestamp,
        null::timestamp
    from "supplier_history__fresh"
),
numbered as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        -- Pieces have the same number if they are equal.
        dense_rank() over (
            partition by
                "supplier_id"
            order by
                "supplier_id",
                "name",
                len("name")
        ) as contents
    from pieces
),
compared as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        case
            when
                lag(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lag("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_from"
                then false
            else true
        end as begins,
        case
            when
                lead(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lead("valid_from") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_to"
                then false
            else true
        end as ends
    from numbered
),
bounds as (
    select
        "supplier_id",
        "name",
        "valid_from",
        begins,
        case
            when ends then "valid_to"
            else
                lead("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                )
        end as "valid_to"
    from compared
    where begins or ends
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "valid_to" is null as "is_current"
from bounds
where begins;
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__wanted";

create temporary table "supplier_history__gone" (like "supplier_history");

insert into "supplier_history__gone" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_history"."supplier_id",
    "supplier_history"."name",
    "supplier_history"."valid_from",
    "supplier_history"."valid_to",
    "supplier_history"."is_current"
from "supplier_history"
where
    (
        "supplier_history"."valid_to" >= %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    )
    and not exists (
        select 1
        from "supplier_history__wanted"
        where "supplier_history__wanted"."supplier_id" = "supplier_history"."supplier_id"
            and "supplier_history__wanted"."valid_from" = "supplier_history"."valid_from"
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__delta" (like "supplier_history");

insert into "supplier_history__delta" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history__wanted"
    except
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history"
    where
        (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
) as rows_that_differ;
-- with snapshot_at = '2018-11-01 00:00:00'

select
    count(*),
    count("supplier_history"."supplier_id"),
    count(
        case
            when
                "supplier_history__delta"."valid_from" <= %(snapshot_at)s
                and (
                    "supplier_history__delta"."valid_to" > %(snapshot_at)s
                    or "supplier_history__delta"."valid_to" is null
                )
                then 1
        end
    )
from "supplier_history__delta"
left join "supplier_history"
    on "supplier_history"."supplier_id" = "supplier_history__delta"."supplier_id"
    and "supplier_history"."valid_from" = "supplier_history__delta"."valid_from";
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__delta";

merge into "supplier_history"
using "supplier_history__delta"
    on "supplier_history"."supplier_id" = "supplier_history__delta"."supplier_id"
    and "supplier_history"."valid_from" = "supplier_history__delta"."valid_from"
when matched then
    update set
        "name" = "supplier_history__delta"."name",
        "valid_to" = "supplier_history__delta"."valid_to",
        "is_current" = "supplier_history__delta"."is_current"
when not matched then
    insert (
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current"
    )
    values (
        "supplier_history__delta"."supplier_id",
        "supplier_history__delta"."name",
        "supplier_history__delta"."valid_from",
        "supplier_history__delta"."valid_to",
        "supplier_history__delta"."is_current"
    );

insert into etl.snapshots (
    target,
    snapshot_at
)
values (
    %(target)s,
    %(snapshot_at)s
);
-- with target = 'supplier_history', snapshot_at = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history', try_number = 1,
--      target = 'supplier_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_supplier_history";

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
-- with snapshot_at = '2018-11-01 00:00:00', target = 'supplier_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "supplier_history" as held_1
where false
limit 0;

create temporary table "supplier_history__fresh" as
select
    "supplier_id",
    "name"
from "supplier_history"
where false;

insert into "supplier_history__fresh" (
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

analyze "supplier_history__fresh";

select count(*)
from "supplier_history__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "supplier_history__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

select
    count(*),
    count(case when "supplier_history__fresh"."supplier_id" is null then 1 end)
from "supplier_history"
left join "supplier_history__fresh"
    on "supplier_history"."supplier_id" = "supplier_history__fresh"."supplier_id"
where
    "supplier_history"."valid_from" <= %(snapshot_at)s
    and (
        "supplier_history"."valid_to" > %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__wanted" (like "supplier_history");

insert into "supplier_history__wanted" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
with pieces as (
    select
        "supplier_history"."supplier_id",
        "supplier_history"."name",
        "supplier_history"."valid_from",
        %(snapshot_at)s::timestamp as "valid_to"
    from "supplier_history"
    where
        "supplier_history"."valid_from" < %(snapshot_at)s
        and (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
    union all
    select
        "supplier_id",
        "name",
        %(snapshot_at)s::timestamp,
        null::timestamp
    from "supplier_history__fresh"
),
numbered as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        -- Pieces have the same number if they are equal.
        dense_rank() over (
            partition by
                "supplier_id"
            order by
                "supplier_id",
                "name",
                len("name")
        ) as contents
    from pieces
),
compared as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        case
            when
                lag(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lag("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_from"
                then false
            else true
        end as begins,
        case
            when
                lead(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lead("valid_from") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_to"
                then false
            else true
        end as ends
    from numbered
),
bounds as (
    select
        "supplier_id",
        "name",
        "valid_from",
        begins,
        case
            when ends then "valid_to"
            else
                lead("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                )
        end as "valid_to"
    from compared
    where begins or ends
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "valid_to" is null as "is_current"
from bounds
where begins;
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__wanted";

create temporary table "supplier_history__gone" (like "supplier_history");

insert into "supplier_history__gone" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_history"."supplier_id",
    "supplier_history"."name",
    "supplier_history"."valid_from",
    "supplier_history"."valid_to",
    "supplier_history"."is_current"
from "supplier_history"
where
    (
        "supplier_history"."valid_to" >= %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    )
    and not exists (
        select 1
        from "supplier_history__wanted"
        where "supplier_history__wanted"."supplier_id" = "supplier_history"."supplier_id"
            and "supplier_history__wanted"."valid_from" = "supplier_history"."valid_from"
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__delta" (like "supplier_history");

insert into "supplier_history__delta" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history__wanted"
    except
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history"
    where
        (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
) as rows_that_differ;
-- with snapshot_at = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history', try_number = 2,
--      target = 'supplier_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 0, updated = 0, deleted = 0, unchanged = 3, late = 0,
--      objects = 1, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_supplier_history";

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
-- with snapshot_at = '2018-11-01 00:00:00', target = 'supplier_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "supplier_history" as held_1
where false
limit 0;

create temporary table "supplier_history__fresh" as
select
    "supplier_id",
    "name"
from "supplier_history"
where false;

insert into "supplier_history__fresh" (
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

analyze "supplier_history__fresh";

select count(*)
from "supplier_history__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "supplier_history__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

select
    count(*),
    count(case when "supplier_history__fresh"."supplier_id" is null then 1 end)
from "supplier_history"
left join "supplier_history__fresh"
    on "supplier_history"."supplier_id" = "supplier_history__fresh"."supplier_id"
where
    "supplier_history"."valid_from" <= %(snapshot_at)s
    and (
        "supplier_history"."valid_to" > %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__wanted" (like "supplier_history");

insert into "supplier_history__wanted" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
with pieces as (
    select
        "supplier_history"."supplier_id",
        "supplier_history"."name",
        "supplier_history"."valid_from",
        %(snapshot_at)s::timestamp as "valid_to"
    from "supplier_history"
    where
        "supplier_history"."valid_from" < %(snapshot_at)s
        and (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
    union all
    select
        "supplier_id",
        "name",
        %(snapshot_at)s::timestamp,
        null::timestamp
    from "supplier_history__fresh"
),
numbered as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        -- Pieces have the same number if they are equal.
        dense_rank() over (
            partition by
                "supplier_id"
            order by
                "supplier_id",
                "name",
                len("name")
        ) as contents
    from pieces
),
compared as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        case
            when
                lag(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lag("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_from"
                then false
            else true
        end as begins,
        case
            when
                lead(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lead("valid_from") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_to"
                then false
            else true
        end as ends
    from numbered
),
bounds as (
    select
        "supplier_id",
        "name",
        "valid_from",
        begins,
        case
            when ends then "valid_to"
            else
                lead("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                )
        end as "valid_to"
    from compared
    where begins or ends
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "valid_to" is null as "is_current"
from bounds
where begins;
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__wanted";

create temporary table "supplier_history__gone" (like "supplier_history");

insert into "supplier_history__gone" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_history"."supplier_id",
    "supplier_history"."name",
    "supplier_history"."valid_from",
    "supplier_history"."valid_to",
    "supplier_history"."is_current"
from "supplier_history"
where
    (
        "supplier_history"."valid_to" >= %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    )
    and not exists (
        select 1
        from "supplier_history__wanted"
        where "supplier_history__wanted"."supplier_id" = "supplier_history"."supplier_id"
            and "supplier_history__wanted"."valid_from" = "supplier_history"."valid_from"
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__delta" (like "supplier_history");

insert into "supplier_history__delta" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history__wanted"
    except
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history"
    where
        (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
) as rows_that_differ;
-- with snapshot_at = '2018-11-01 00:00:00'

select
    count(*),
    count("supplier_history"."supplier_id"),
    count(
        case
            when
                "supplier_history__delta"."valid_from" <= %(snapshot_at)s
                and (
                    "supplier_history__delta"."valid_to" > %(snapshot_at)s
                    or "supplier_history__delta"."valid_to" is null
                )
                then 1
        end
    )
from "supplier_history__delta"
left join "supplier_history"
    on "supplier_history"."supplier_id" = "supplier_history__delta"."supplier_id"
    and "supplier_history"."valid_from" = "supplier_history__delta"."valid_from";
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__delta";

analyze "supplier_history__gone";

merge into "supplier_history"
using "supplier_history__delta"
    on "supplier_history"."supplier_id" = "supplier_history__delta"."supplier_id"
    and "supplier_history"."valid_from" = "supplier_history__delta"."valid_from"
when matched then
    update set
        "name" = "supplier_history__delta"."name",
        "valid_to" = "supplier_history__delta"."valid_to",
        "is_current" = "supplier_history__delta"."is_current"
when not matched then
    insert (
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current"
    )
    values (
        "supplier_history__delta"."supplier_id",
        "supplier_history__delta"."name",
        "supplier_history__delta"."valid_from",
        "supplier_history__delta"."valid_to",
        "supplier_history__delta"."is_current"
    );

delete from "supplier_history"
using "supplier_history__gone"
where "supplier_history"."supplier_id" = "supplier_history__gone"."supplier_id"
    and "supplier_history"."valid_from" = "supplier_history__gone"."valid_from";

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history', try_number = 3,
--      target = 'supplier_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 2, inserted = 0, updated = 1, deleted = 1, unchanged = 1, late = 0,
--      objects = 1, rows_read = 2, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_supplier_history";

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
-- with snapshot_at = '2018-11-01 00:00:00', target = 'supplier_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select supplier_id, name
from staging_suppliers__4e4a3efb5fa2
) as yielded
cross join "supplier_history" as held_1
where false
limit 0;

create temporary table "supplier_history__fresh" as
select
    "supplier_id",
    "name"
from "supplier_history"
where false;

insert into "supplier_history__fresh" (
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

analyze "supplier_history__fresh";

select count(*)
from "supplier_history__fresh"
where "supplier_id" is null;

select count(*)
from (
    select
        "supplier_id"
    from "supplier_history__fresh"
    group by
        "supplier_id"
    having count(*) > 1
) as repeated_keys;

select
    count(*),
    count(case when "supplier_history__fresh"."supplier_id" is null then 1 end)
from "supplier_history"
left join "supplier_history__fresh"
    on "supplier_history"."supplier_id" = "supplier_history__fresh"."supplier_id"
where
    "supplier_history"."valid_from" <= %(snapshot_at)s
    and (
        "supplier_history"."valid_to" > %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__wanted" (like "supplier_history");

insert into "supplier_history__wanted" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
with pieces as (
    select
        "supplier_history"."supplier_id",
        "supplier_history"."name",
        "supplier_history"."valid_from",
        %(snapshot_at)s::timestamp as "valid_to"
    from "supplier_history"
    where
        "supplier_history"."valid_from" < %(snapshot_at)s
        and (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
    union all
    select
        "supplier_id",
        "name",
        %(snapshot_at)s::timestamp,
        null::timestamp
    from "supplier_history__fresh"
),
numbered as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        -- Pieces have the same number if they are equal.
        dense_rank() over (
            partition by
                "supplier_id"
            order by
                "supplier_id",
                "name",
                len("name")
        ) as contents
    from pieces
),
compared as (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        case
            when
                lag(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lag("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_from"
                then false
            else true
        end as begins,
        case
            when
                lead(contents) over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = contents
                and lead("valid_from") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                ) = "valid_to"
                then false
            else true
        end as ends
    from numbered
),
bounds as (
    select
        "supplier_id",
        "name",
        "valid_from",
        begins,
        case
            when ends then "valid_to"
            else
                lead("valid_to") over (
                    partition by
                        "supplier_id"
                    order by "valid_from"
                )
        end as "valid_to"
    from compared
    where begins or ends
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "valid_to" is null as "is_current"
from bounds
where begins;
-- with snapshot_at = '2018-11-01 00:00:00'

analyze "supplier_history__wanted";

create temporary table "supplier_history__gone" (like "supplier_history");

insert into "supplier_history__gone" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_history"."supplier_id",
    "supplier_history"."name",
    "supplier_history"."valid_from",
    "supplier_history"."valid_to",
    "supplier_history"."is_current"
from "supplier_history"
where
    (
        "supplier_history"."valid_to" >= %(snapshot_at)s
        or "supplier_history"."valid_to" is null
    )
    and not exists (
        select 1
        from "supplier_history__wanted"
        where "supplier_history__wanted"."supplier_id" = "supplier_history"."supplier_id"
            and "supplier_history__wanted"."valid_from" = "supplier_history"."valid_from"
    );
-- with snapshot_at = '2018-11-01 00:00:00'

create temporary table "supplier_history__delta" (like "supplier_history");

insert into "supplier_history__delta" (
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "supplier_id",
    "name",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history__wanted"
    except
    select
        "supplier_id",
        "name",
        "valid_from",
        "valid_to",
        "is_current",
        len("name") as "length_0"
    from "supplier_history"
    where
        (
            "supplier_history"."valid_to" >= %(snapshot_at)s
            or "supplier_history"."valid_to" is null
        )
) as rows_that_differ;
-- with snapshot_at = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history', try_number = 4,
--      target = 'supplier_history', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 2,
--      inserted = 0, updated = 0, deleted = 0, unchanged = 2, late = 0, objects = 1, rows_read = 2, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_supplier_history'

commit;
