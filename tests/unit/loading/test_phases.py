"""The phases of a load."""

from __future__ import annotations

from types import SimpleNamespace

from redshift_elt.loading import phases
from redshift_elt.loading.phases import COMMITTING, PREPARING, WAITING, WRITING, Phases


def test_phases_cover_all_of_the_time(monkeypatch):
    time = SimpleNamespace(now=0.0)
    monkeypatch.setattr(phases, "time", SimpleNamespace(monotonic=lambda: time.now))
    clock = Phases()
    for time.now, phase in ((1.0, WAITING), (3.5, PREPARING), (4.0, WRITING), (4.25, WAITING), (14.25, COMMITTING)):
        clock.enter(phase)
    time.now = 14.5
    assert [clock.seconds(phase) for phase in (WAITING, PREPARING, WRITING, COMMITTING)] == [12.5, 1.5, 0.25, 0.25]
    assert str(clock) == "14.5 s (waiting 12.5 s, preparing 1.5 s, writing 0.2 s, committing 0.2 s)"
