"""The users in the logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from itertools import count, islice

from local.datagen import words
from local.datagen.clock import DAY_MS, midnight_ms
from local.datagen.dice import Dice


class Habit(Enum):
    """What is special about a listener."""

    LISTENS = "listens"
    LURKS = "looks at pages and never plays"
    UPGRADES = "pays from the first session on"
    WAVERS = "stops paying and pays again within each session"
    SWITCHES = "pays in every other session"
    STAYS_UP = "listens over midnight"
    LEADS = "starts in the day"
    FOLLOWS = "starts at the same moment as the listener before"


# One of each among the first eight listeners, and among every further twenty.
HABITS = {
    0: Habit.LURKS, 1: Habit.UPGRADES, 2: Habit.WAVERS, 3: Habit.SWITCHES, 4: Habit.STAYS_UP, 5: Habit.LEADS,
    6: Habit.FOLLOWS,
}  # fmt: skip


@dataclass(frozen=True)
class Listener:
    """A user, with the level before the first session."""

    user_id: str
    first_name: str
    last_name: str
    gender: str
    location: str
    user_agent: str
    registration: float
    level: str
    habit: Habit


def listeners(dice: Dice, number: int, start: date) -> list[Listener]:
    """Generate the listeners; some ids are skipped, and the first two of every twenty have the same name."""
    ids = islice((user_id for user_id in count(2) if user_id % 23), number)
    start_ms = midnight_ms(start)
    people: list[Listener] = []
    for index, user_id in enumerate(ids):
        person = _listener(dice, index, str(user_id), start_ms)
        if index % 20 == 1:
            namesake = people[-1]
            person = replace(
                person, first_name=namesake.first_name, last_name=namesake.last_name, gender=namesake.gender
            )
        people.append(person)
    return people


def _listener(dice: Dice, index: int, user_id: str, start_ms: int) -> Listener:
    habit = HABITS.get(index % 20, Habit.LISTENS)
    gender = dice.pick("FFFMM")
    level = "paid" if dice.chance(0.2) else "free"
    return Listener(
        user_id=user_id,
        first_name=dice.pick(words.FIRST_NAMES[gender]),
        last_name=dice.pick(words.LAST_NAMES),
        gender=gender,
        location=dice.pick(words.METROPOLES),
        user_agent=_user_agent(dice, quoted=index % 4 != 3),
        registration=float(start_ms - dice.between(1, 14 * DAY_MS)),
        level={Habit.UPGRADES: "free", Habit.WAVERS: "paid"}.get(habit, level),
        habit=habit,
    )


def _user_agent(dice: Dice, *, quoted: bool) -> str:
    system = dice.pick(("Windows NT 6.1; WOW64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_9_4"))
    version = dice.between(30, 39)
    if not quoted:
        return f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    return f'"Mozilla/5.0 ({system}) {engine} Chrome/{version}.0.1985.{dice.between(90, 190)} Safari/537.36"'
