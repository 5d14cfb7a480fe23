from __future__ import annotations

import pytest

from redshift_elt.sql.render import render

UNLOADED = """\
insert into "orders_files__1" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
select
    "listed"."bucket",
    "listed"."object_key",
    "listed"."etag",
    "listed"."size_bytes",
    "listed"."modified_at",
    "listed"."kind",
    "listed"."period_start"
from "orders__listed" as listed
left join (
    select
        object_key,
        etag
    from etl.loaded_files
    where bucket = %(bucket)s
        and object_key >= %(first_key)s
        and object_key < %(key_end)s
        and target in (%(target_1)s, %(target_2)s)
    group by
        object_key,
        etag
    having count(*) = 2
) as loaded
    on loaded.object_key = listed.object_key
    and loaded.etag = listed.etag
where loaded.object_key is null"""

FORGET = """\
delete from etl.loaded_files
using "orders_files__1"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "orders_files__1".bucket
    and etl.loaded_files.object_key = "orders_files__1".object_key
    and "orders_files__1".kind not in ('listing', 'run')"""


@pytest.mark.parametrize(
    ("template", "names", "statement"),
    [
        (
            "ledger/stage_unloaded.sql",
            {"files": "orders_files__1", "listed": "orders__listed", "targets": ["brands", "products"]},
            UNLOADED,
        ),
        ("ledger/forget_objects.sql", {"files": "orders_files__1"}, FORGET),
    ],
)
def test_statements(template, names, statement):
    assert render(template, **names) == statement
