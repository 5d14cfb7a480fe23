from __future__ import annotations

import pytest

from redshift_elt.sql.render import render

LOADED = """\
select
    object_key,
    etag
from etl.loaded_files
where bucket = %(bucket)s
    and target in (%(target_1)s, %(target_2)s)
group by
    object_key,
    etag
having count(*) = 2"""

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
        ("ledger/loaded_objects.sql", {"targets": ["brands", "products"]}, LOADED),
        ("ledger/forget_objects.sql", {"files": "orders_files__1"}, FORGET),
    ],
)
def test_statements(template, names, statement):
    assert render(template, **names) == statement
