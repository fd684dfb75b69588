"""Names of venues in words: the categories and venue types of OpenOOH 1.2, and places in stations.

Names are facts of openooh/venue-taxonomy 1.2.1 (Apache-2.0). A child id that has no name here is
called by its venue type.
"""

from typing import Final

# fmt: off
_CATEGORIES: Final = {
    "1": "Transit", "2": "Retail", "3": "Outdoor", "4": "Health and beauty", "5": "Point of care",
    "6": "Education", "7": "Office building", "8": "Entertainment", "9": "Government",
    "10": "Financial", "11": "Residential",
}
_TYPES: Final = {
    "1": ("Airport", "Bus", "Taxi", "Taxi top", "Subway", "Train", "Ferry", "Tram",
          "Highway rest area"),
    "2": ("Fueling station", "Convenience store", "Grocery", "Liquor store", "Mall",
          "Cannabis dispensary", "Pharmacy", "Parking garage", "Furniture store", "Apparel store",
          "Automotive store", "Laundromat", "Vape shop", "Mass merchandising",
          "Consumer electronics", "Other retail", "Sporting goods", "Pet store", "Office supply",
          "Home renovation"),
    "3": ("Billboard", "Urban panel", "Bus shelter", "Spectacular", "Window panel",
          "Moving billboard", "Car top", "Aerial", "Charging station"),
    "4": ("Gym", "Salon", "Spa", "Tattoo studio"),
    "5": ("Doctor's office", "Veterinary office", "Dentist office", "Hospital", "Urgent care",
          "Physiotherapy"),
    "6": ("School", "College or university"),
    "7": ("Office building", "Warehouse"),
    "8": ("Recreational location", "Movie theater", "Sports entertainment", "Bar",
          "Casual dining", "Quick service restaurant", "Hotel", "Golf cart", "Night club",
          "High-end dining", "Casino", "Convention center"),
    "9": ("Vehicle licensing office", "Military base", "Post office", "First responder facility"),
    "10": ("Bank",),
    "11": ("Apartment building",),
}
_PLACES: Final = {
    "101": ("Airport arrivals hall", "Airport baggage claim", "Airport departures hall",
            "Airport food court", "Airport gates", "Airport lounge", "Airport shops",
            "Airport bar"),
    "102": ("Bus interior", "Bus terminal", "Bus exterior"),
    "105": ("Subway train interior", "Subway platform", "Subway station",
            "Subway train exterior"),
    "106": ("Train interior", "Train platform", "Train exterior", "Train station"),
    "107": ("Ferry interior", "Ferry exterior", "Ferry terminal"),
    "108": ("Tram interior", "Tram exterior", "Tram stop"),
    "205": ("Mall concourse", "Mall food court", "Mall spectacular"),
}
# fmt: on

_NAMES: Final = {
    **_CATEGORIES,
    **{
        f"{parent}{number:02}": name
        for table in (_TYPES, _PLACES)
        for parent, names in table.items()
        for number, name in enumerate(names, start=1)
    },
}


def name_venue(venue: str) -> str:
    """The name of a venue id, or that of the nearest broader id; the id itself if there is none."""
    for known in (venue, venue[:-2], venue[:-4]):
        if known in _NAMES:
            return _NAMES[known]
    return venue


def list_broader_venues(venue: str) -> tuple[str, ...]:
    """The category and the venue type of an id, broadest first; empty for an unknown id."""
    return tuple(part for part in (venue[:-4], venue[:-2]) if part in _NAMES)
