"""The event logs, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from local.datagen.clock import DAY_MS, HOUR_MS, MINUTE_MS, midnight_ms
from local.datagen.dice import Dice
from local.datagen.jukebox import Jukebox
from local.datagen.listeners import Habit, Listener
from local.datagen.session import Event, Session, listen, look_around

# No session starts before 06:00, and sessions that start before midnight end before 03:00, so some hours of every day
# have no events.
STARTING_HOURS = (6, 7, 8, 8, 9, 10, 11, 12, 13, 14, 14, 15, 15, 15, 16, 16, 16, 17, 17, 18, 18, 19, 20, 21, 22, 23)


class Log:
    """All sessions of all listeners. A listener has at most one session a day.

    Events after the last day are dropped, as if the log ended there.
    """

    def __init__(self, dice: Dice, listeners: Sequence[Listener], jukebox: Jukebox) -> None:
        self._dice = dice
        self._listeners = listeners
        self._jukebox = jukebox
        self._levels = {listener.user_id: listener.level for listener in listeners}
        self._sessions = 2

    def days(self, start: date, number: int) -> Iterator[tuple[date, list[Event]]]:
        """Yield the events of each day, ordered by time. A session's events after midnight belong to the next day."""
        over_midnight: list[Event] = []
        for offset in range(number):
            day = start + timedelta(days=offset)
            midnight = midnight_ms(day)
            events = over_midnight + [
                event for session in self._sessions_of(midnight, offset, number) for event in session.events
            ]
            events.sort(key=lambda event: (event["ts"], event["sessionId"], event["itemInSession"]))
            next_midnight = midnight + DAY_MS
            over_midnight = [event for event in events if event["ts"] >= next_midnight]
            yield day, [event for event in events if event["ts"] < next_midnight]

    def _sessions_of(self, midnight: int, day: int, days: int) -> Iterator[Session]:
        start = midnight
        for index, listener in enumerate(self._listeners):
            if listener.habit is not Habit.FOLLOWS:
                start = midnight + self._time_of_day(listener)
            # An occasional listener has a session on at least one day.
            if listener.habit is not Habit.LISTENS or index % days == day or self._dice.chance(0.7):
                session = self._session(listener, self._levels[listener.user_id], start)
                listen(session, listener.habit, self._dice, self._jukebox)
                self._levels[listener.user_id] = session.level
                yield session
        for _ in range(1 + len(self._listeners) // 20):
            session = self._session(None, self._dice.pick(("free", "paid")), midnight + self._time_of_day(None))
            look_around(session, self._dice)
            yield session

    def _session(self, listener: Listener | None, level: str, start: int) -> Session:
        self._sessions += 1
        return Session(self._sessions, listener, level, start)

    def _time_of_day(self, listener: Listener | None) -> int:
        dice = self._dice
        within_hour = dice.between(0, HOUR_MS - 1)
        if listener and listener.habit is Habit.STAYS_UP:
            return DAY_MS - 10 * MINUTE_MS - within_hour // 4
        if listener and listener.habit is Habit.LEADS:
            return dice.between(8, 19) * HOUR_MS + within_hour
        return dice.pick(STARTING_HOURS) * HOUR_MS + within_hour
