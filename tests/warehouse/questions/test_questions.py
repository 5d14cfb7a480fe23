"""The answers to the analysts' questions, on the star schema of a data directory."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal

import pytest

from local.settings import ROOT
from tests.model import source

QUESTIONS = ROOT / "include" / "sql" / "questions"

WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]


@pytest.fixture(scope="module")
def ask(warehouse):
    def answer(question: str) -> list[tuple]:
        return warehouse.execute((QUESTIONS / f"{question}.sql").read_text("utf-8")).fetchall()

    return answer


@pytest.fixture(scope="module")
def plays(data):
    return [event for _, event in source.events(data) if event["page"] == "NextSong"]


def hundredths(dividend: int, divisor: int) -> Decimal:
    return (Decimal(dividend) / divisor).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_each_file_states_its_question():
    files = sorted(QUESTIONS.glob("*.sql"))
    assert [file.stem for file in files] == [
        "average_songs_per_user",
        "most_played_artists",
        "most_played_songs",
        "most_played_songs_by_gender",
        "plays_by_hour",
        "plays_by_level",
        "plays_by_location",
        "plays_by_weekday",
        "plays_in_the_catalogue",
        "rows_per_table",
        "songs_per_user_distribution",
    ]
    for file in files:
        first_line = file.read_text("utf-8").splitlines()[0]
        assert first_line.startswith("-- ")
        assert first_line.endswith("?")


class TestAnyData:
    """Compares each answer with one that is computed in Python from the log lines."""

    def test_most_played_songs(self, ask, plays):
        counted = Counter((play["song"], play["artist"]) for play in plays)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        assert ask("most_played_songs") == [(*names, count) for names, count in ranked[:10]]

    def test_most_played_songs_by_gender(self, ask, plays):
        expected = []
        for gender in ("F", "M"):
            counted = Counter((play["song"], play["artist"]) for play in plays if play["gender"] == gender)
            ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:5]
            expected += [(gender, place, *names, count) for place, (names, count) in enumerate(ranked, 1)]
        assert ask("most_played_songs_by_gender") == expected

    def test_plays_by_weekday(self, ask, plays):
        moments = [datetime.fromtimestamp(int(play["ts"]) / 1000, timezone.utc) for play in plays]
        counted = Counter(f"{moment:%A}" for moment in moments)
        assert ask("plays_by_weekday") == [
            (number, name, counted[name]) for number, name in enumerate(WEEKDAYS) if counted[name]
        ]

    def test_plays_by_hour(self, ask, plays):
        counted = Counter(int(play["ts"]) // 3_600_000 % 24 for play in plays)
        assert ask("plays_by_hour") == sorted(counted.items())

    def test_average_songs_per_user(self, ask, plays):
        users = len({play["userId"] for play in plays})
        average = (Decimal(len(plays)) / users).quantize(Decimal("0.01"))
        assert ask("average_songs_per_user") == [(users, len(plays), average)]

    def test_songs_per_user_distribution(self, ask, plays):
        ranges = defaultdict(list)
        for count in Counter(play["userId"] for play in plays).values():
            first = next(first for first in range(1, len(plays) + 1, 50) if first <= count <= first + 49)
            ranges[first].append(count)
        assert ask("songs_per_user_distribution") == [
            (first, first + 49, len(counts), sum(counts)) for first, counts in sorted(ranges.items())
        ]

    def test_most_played_artists(self, ask, plays):
        counted = Counter(play["artist"] for play in plays)
        assert ask("most_played_artists") == sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:10]

    def test_plays_by_location(self, ask, plays):
        listeners = defaultdict(list)
        for play in plays:
            listeners[play["location"]].append(play["userId"])
        expected = [(place, len(users), len(set(users))) for place, users in listeners.items()]
        assert ask("plays_by_location") == sorted(expected, key=lambda line: (-line[1], line[0]))[:10]

    def test_plays_by_level(self, ask, plays):
        listeners = defaultdict(list)
        for play in plays:
            listeners[play["level"]].append(play["userId"])
        assert ask("plays_by_level") == [
            (
                level,
                len(users),
                hundredths(100 * len(users), len(plays)),
                len(set(users)),
                hundredths(len(users), len(set(users))),
            )
            for level, users in sorted(listeners.items())
        ]

    def test_plays_in_the_catalogue(self, ask, plays, data):
        catalogue = defaultdict(list)
        for song in source.songs(data):
            catalogue[song["title"], song["artist_name"], Decimal(song["duration"])].append(song)
        found = [catalogue.get((play["song"], play["artist"], Decimal(play["length"]))) for play in plays]
        matches = [min(songs, key=lambda song: song["song_id"]) for songs in found if songs]
        songs, artists = ({song[name] for song in matches} for name in ("song_id", "artist_id"))
        inside, outside = len(matches), len(plays) - len(matches)
        assert inside
        assert ask("plays_in_the_catalogue") == [
            ("in the catalogue", inside, hundredths(100 * inside, len(plays)), len(songs), len(artists)),
            ("not in the catalogue", outside, hundredths(100 * outside, len(plays)), 0, 0),
        ]

    def test_rows_per_table(self, ask, star_schema):
        assert ask("rows_per_table") == sorted((table, len(rows)) for table, rows in star_schema.items())


@pytest.mark.parametrize("is_real", ["real"], indirect=True, scope="module")
class TestRealData:
    """Compares each answer with the known figures of the real data."""

    def test_most_played_songs(self, ask):
        assert [(artist, plays) for _, artist, plays in ask("most_played_songs")[:8]] == [
            ("Dwight Yoakam", 37),
            ("Bj\u00c3\u0083\u00c2\u00b6rk", 28),
            ("Kings Of Leon", 27),
            ("Harmonia", 21),
            ("Barry Tuckwell/Academy of St Martin-in-the-Fields/Sir Neville Marriner", 19),
            ("Five Iron Frenzy", 17),
            ("OneRepublic", 17),
            ("Florence + The Machine", 16),
        ]

    def test_plays_by_weekday(self, ask):
        plays = [plays for _, _, plays in ask("plays_by_weekday")]
        assert plays == [396, 1014, 1071, 1364, 1052, 1295, 628]

    def test_plays_by_hour(self, ask):
        plays = [
            155, 154, 117, 109, 136, 162, 183, 179, 207, 270, 312, 336,
            308, 324, 432, 477, 542, 494, 498, 367, 360, 280, 217, 201,
        ]  # fmt: skip
        assert ask("plays_by_hour") == list(enumerate(plays))

    def test_average_songs_per_user(self, ask):
        # 6,820 plays of 96 users: 71.0416...
        assert ask("average_songs_per_user") == [(96, 6820, Decimal("71.04"))]

    def test_songs_per_user_distribution(self, ask):
        answer = ask("songs_per_user_distribution")
        assert sum(users for _, _, users, _ in answer) == 96
        assert sum(plays for _, _, _, plays in answer) == 6820
        # The users with the most plays have 689, 665, 557, 463, 397 and 346.
        assert answer[-4:] == [(351, 400, 1, 397), (451, 500, 1, 463), (551, 600, 1, 557), (651, 700, 2, 1354)]

    def test_rows_per_table(self, ask):
        assert ask("rows_per_table") == [
            ("artists", 9553),
            ("songplays", 6820),
            ("songs", 14896),
            ("time", 6813),
            ("users", 97),
        ]

    def test_most_played_artists(self, ask):
        assert ask("most_played_artists")[:7] == [
            ("Coldplay", 58),
            ("Kings Of Leon", 55),
            ("Dwight Yoakam", 38),
            ("The Black Keys", 36),
            ("Florence + The Machine", 35),
            ("Jack Johnson", 35),
            ("Muse", 35),
        ]

    def test_plays_by_location(self, ask):
        assert [(place, plays) for place, plays, _ in ask("plays_by_location")[:5]] == [
            ("San Francisco-Oakland-Hayward, CA", 691),
            ("Portland-South Portland, ME", 665),
            ("Lansing-East Lansing, MI", 557),
            ("Chicago-Naperville-Elgin, IL-IN-WI", 475),
            ("Atlanta-Sandy Springs-Roswell, GA", 456),
        ]

    def test_plays_by_level(self, ask):
        # In the end, 74 of the 96 users are free and 22 paying, 8 of whom played as free users before.
        # 1,229 and 5,591 of 6,820 are 18.0205... and 81.9794... percent; 1,229 / 82 is 14.987..., 5,591 / 22 254.136...
        assert ask("plays_by_level") == [
            ("free", 1229, Decimal("18.02"), 82, Decimal("14.99")),
            ("paid", 5591, Decimal("81.98"), 22, Decimal("254.14")),
        ]

    def test_plays_in_the_catalogue(self, ask):
        # 319 and 6,501 of 6,820 are 4.6774... and 95.3225... percent.
        assert ask("plays_in_the_catalogue") == [
            ("in the catalogue", 319, Decimal("4.68"), 209, 194),
            ("not in the catalogue", 6501, Decimal("95.32"), 0, 0),
        ]
