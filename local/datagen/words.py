"""The invented vocabulary for names, titles and places."""

ADJECTIVES = (
    "Amber", "Broken", "Copper", "Distant", "Electric", "Faded", "Gentle", "Hollow", "Ivory", "Jagged", "Kindred",
    "Lonesome", "Marble", "Northern", "Open", "Paper", "Quiet", "Restless", "Silver", "Tidal", "Uneven", "Velvet",
    "Wandering", "Yellow", "Zenith", "Éternel",
)  # fmt: skip
NOUNS = (
    "Anchors", "Bridges", "Comets", "Drifters", "Embers", "Finches", "Gardens", "Harbours", "Islands", "Junctions",
    "Kites", "Lanterns", "Meadows", "Nightfall", "Orchards", "Pilots", "Quarries", "Rivers", "Signals", "Trains",
    "Umbrellas", "Valleys", "Windows", "Yards", "Señales",
)  # fmt: skip
VERSIONS = ("(Live)", "(Album Version)", "[Radio Edit]", "Pt. 2", "/ Reprise", '("Lost" Take)', "(Keeper\u2019s Mix)")

FIRST_NAMES = {
    "F": ("Adela", "Bryn", "Calla", "Dorit", "Elowen", "Farah", "Greta", "Hilda", "Imke", "Jun", "Kaia", "Liv"),
    "M": ("Anselm", "Bodhi", "Caspar", "Dario", "Emrys", "Fritz", "Goran", "Hugo", "Ilya", "Joris", "Kofi", "Lars"),
}
LAST_NAMES = (
    "Abara", "Bellweather", "Corrigan", "Dunmore", "Esposito", "Fennick", "Grimaldi", "Hartwell", "Ibsen", "Jankowski",
    "Kestrel", "Lindqvist", "Marlowe", "Nakano", "Okafor", "Pemberton", "Quill", "Rasmussen", "Sandoval", "Thackeray",
)  # fmt: skip
ARTIST_LAST_NAMES = (*LAST_NAMES, "Vågen", "Núñez", "O\u2018Dell")

METROPOLES = (
    "Alder Falls-North Bend, OR-WA", "Briar Glen, TX", "Cedar Hollow-Lakeview-Pine Ridge, IL-IN-WI", "Dove Creek, CO",
    "Elk Prairie-Westbrook, MN", "Fernley Park, GA", "Gull Harbor-South Point, ME", "Heron Bay, CA",
    "Iron Hill-East Iron Hill, MI", "Juniper Flats-Mesa Verde, AZ", "Kingsford, NY-NJ-PA", "Larkspur, FL",
)  # fmt: skip
ARTIST_PLACES = (
    "Alder Falls, OR", "Briar Glen", "Brunnhafen, Deutschland", "Ålvika, Norge", "Puerto Niño", "East Mallow, England",
    "Cedar Hollow, IL", "Nouvelle-Rive, Québec", " Heron Bay CA", "Heron Bay, CA ", "Tarn Vale - Hebrides/Scotland",
    "<a href=\"http://example.org\" onmousedown='return follow(this)'>example.org</a>",
)  # fmt: skip
