"""How much water the beds want."""

BEDS = {"beans": 6.0, "potatoes": 9.5, "tomatoes": 4.0}
LITRES_A_SQUARE_METRE = {"dry": 12.0, "mild": 5.0, "wet": 0.0}


def litres(bed: str, weather: str) -> float:
    """Water that one bed wants on one evening."""
    return BEDS[bed] * LITRES_A_SQUARE_METRE[weather]


def evening(weather: str) -> float:
    """Water that all beds want on one evening."""
    return sum(litres(bed, weather) for bed in BEDS)


def buttfuls(weather: str, *, butt_litres: float = 210.0) -> float:
    """How often the water butt has to be full for that."""
    return evening(weather) / butt_litres
