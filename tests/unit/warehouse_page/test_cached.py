from __future__ import annotations

from warehouse_page.cached import Cached


def test_value_is_recreated_after_its_ttl_and_after_clear():
    now, created = [100.0], []

    def create():
        created.append(now[0])
        return len(created)

    cached = Cached(create, 30, clock=lambda: now[0])
    assert created == []
    assert (cached.get(), cached.get()) == (1, 1)
    now[0] = 130.0
    assert cached.get() == 1
    now[0] = 130.1
    assert cached.get() == 2
    cached.clear()
    assert cached.get() == 3
    assert created == [100.0, 130.1, 130.1]
