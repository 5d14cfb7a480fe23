from __future__ import annotations

from warehouse_page.kept import Kept


def test_a_thing_is_made_anew_after_its_time_and_when_it_is_to_be_forgotten():
    now, made = [100.0], []

    def make():
        made.append(now[0])
        return len(made)

    kept = Kept(make, 30, clock=lambda: now[0])
    assert made == []
    assert (kept.get(), kept.get()) == (1, 1)
    now[0] = 130.0
    assert kept.get() == 1
    now[0] = 130.1
    assert kept.get() == 2
    kept.forget()
    assert kept.get() == 3
    assert made == [100.0, 130.1, 130.1]
