"""Where France lies: boxes that catch exchanged or mistyped coordinates, overseas départements included."""

# (south, north, west, east), WGS 84 degrees, rounded outwards.
BOXES = {
    "metropolitan France": (41.3, 51.2, -5.3, 9.7),
    "Guadeloupe, Martinique, Saint-Martin": (14.3, 18.2, -63.2, -60.7),
    "French Guiana": (2.1, 5.9, -54.7, -51.5),
    "Réunion": (-21.5, -20.8, 55.1, 55.9),
    "Mayotte": (-13.1, -12.5, 44.9, 45.4),
    "Saint-Pierre-et-Miquelon": (46.7, 47.2, -56.5, -56.1),
}


def in_france(latitude: float, longitude: float) -> bool:
    """Say whether a point lies in one of the boxes."""
    return any(
        south <= latitude <= north and west <= longitude <= east
        for south, north, west, east in BOXES.values()
    )
