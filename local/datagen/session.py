"""One visit to the service, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.datagen.catalogue import Song
from local.datagen.clock import MINUTE_MS
from local.datagen.dice import Dice
from local.datagen.jukebox import Jukebox
from local.datagen.listeners import Habit, Listener

LONGEST_MS = 150 * MINUTE_MS
"""No song starts when the session has lasted this long."""

# All other pages have the method GET and the status 200.
ANSWERS = {
    "NextSong": ("PUT", 200), "Login": ("PUT", 307), "Logout": ("PUT", 307), "Save Settings": ("PUT", 307),
    "Submit Upgrade": ("PUT", 307), "Submit Downgrade": ("PUT", 307), "Error": ("GET", 404),
}  # fmt: skip

Event = dict[str, Any]


@dataclass
class Session:
    """A session: its number, the current time, and the events so far. Without a listener, the user is signed out."""

    number: int
    listener: Listener | None
    level: str
    moment: int
    events: list[Event] = field(default_factory=list)

    def visit(self, page: str, *, signed_in: bool = True, song: Song | None = None) -> None:
        """Log one event with the current time and level."""
        who = self.listener if signed_in else None
        method, status = ANSWERS.get(page, ("GET", 200))
        self.events.append(
            {
                "artist": song and as_logged(str(song.artist_name)),
                "auth": "Logged In" if who else "Logged Out",
                "firstName": who and who.first_name,
                "gender": who and who.gender,
                "itemInSession": len(self.events),
                "lastName": who and who.last_name,
                "length": song and song.duration,
                "level": self.level,
                "location": who and who.location,
                "method": method,
                "page": page,
                "registration": who and who.registration,
                "sessionId": self.number,
                "song": song and as_logged(str(song.title)),
                "status": status,
                "ts": self.moment,
                "userAgent": who and who.user_agent,
                "userId": who.user_id if who else "",
            }
        )

    def play(self, song: Song) -> None:
        """Log a play, and advance the time by the length of the song."""
        self.visit("NextSong", song=song)
        self.wait(int(song.duration))

    def wait(self, seconds: int) -> None:
        """Advance the time."""
        self.moment += seconds * 1000

    def change_level(self, level: str) -> None:
        """Change the level of later events."""
        change = "Upgrade" if level == "paid" else "Downgrade"
        self.visit(change)
        self.wait(7)
        self.visit(f"Submit {change}")
        self.wait(1)
        self.level = level
        self.visit("Home")
        self.wait(20)


def as_logged(text: str) -> str:
    """Damage a text as the log writer does: apostrophes become control characters, UTF-8 is read as Latin-1 twice."""
    for apostrophe, control in ("\u2018\x18", "\u2019\x19"):
        text = text.replace(apostrophe, control)
    for _ in range(2):
        text = text.encode("utf-8").decode("latin-1")
    return text


def listen(session: Session, habit: Habit, dice: Dice, jukebox: Jukebox) -> None:
    """Fill the session of a listener with this habit."""
    if habit is Habit.LURKS:
        for page in ("Home", "Settings", "Save Settings", "Home"):
            session.visit(page)
            session.wait(dice.between(1, 90))
        return
    if habit not in (Habit.LEADS, Habit.FOLLOWS) and dice.chance(0.25):
        _log_in(session, dice)
    end = session.moment + LONGEST_MS
    session.play(jukebox.song())
    _change_levels(session, habit, jukebox)
    for _ in range(_plays(session, habit, dice)):
        if session.moment >= end:
            break
        if dice.chance(0.12):
            _wander(session, dice)
        session.play(jukebox.song())
    if dice.chance(0.2):
        session.visit("Logout")
        session.wait(dice.between(1, 30))
        session.visit("Home", signed_in=False)


def look_around(session: Session, dice: Dice) -> None:
    """Fill the session of a user who is signed out."""
    session.visit("Home", signed_in=False)
    for _ in range(dice.between(0, 2)):
        session.wait(dice.between(1, 60))
        session.visit(dice.pick(("Home", "About", "Help", "Login")), signed_in=False)


def _plays(session: Session, habit: Habit, dice: Dice) -> int:
    if habit is Habit.STAYS_UP:
        return dice.between(8, 14)
    return dice.low(60) if session.level == "paid" else dice.low(16)


def _change_levels(session: Session, habit: Habit, jukebox: Jukebox) -> None:
    if habit is Habit.WAVERS:
        session.change_level("free")
        session.play(jukebox.song())
    if habit is Habit.SWITCHES:
        session.change_level("free" if session.level == "paid" else "paid")
    if habit in (Habit.UPGRADES, Habit.WAVERS) and session.level == "free":
        session.change_level("paid")


def _log_in(session: Session, dice: Dice) -> None:
    session.visit("Home", signed_in=False)
    session.wait(1)
    session.visit("Login", signed_in=False)
    session.wait(dice.between(1, 10))
    session.visit("Home")
    # Sometimes the first song starts in the same second.
    session.wait(dice.between(0, 3))


def _wander(session: Session, dice: Dice) -> None:
    offer = "Downgrade" if session.level == "paid" else "Upgrade"
    session.visit(dice.pick(("Home", "Home", "Settings", "Help", "About", "Error", offer)))
    session.wait(dice.between(0, 40))
