"""What a place means for the clock and the calendar: time zones and holiday regions, as data.

Codes are ISO 3166 countries and the state codes of Odoo (`res.country.state.code`).
"""

from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz

OTHER_STATES = "*"

# Country, zones, states. A state split between zones names all of them: a debtor there may
# be in any. Source: IANA tz database, zone.tab and the notes of its region files, 2025.
_ZONES = [
    ("BR", "America/Sao_Paulo America/Noronha", "PE"),
    ("BR", "America/Cuiaba", "MT MS RO RR"),
    ("BR", "America/Manaus America/Eirunepe", "AM"),
    ("BR", "America/Rio_Branco", "AC"),
    ("BR", "America/Sao_Paulo", OTHER_STATES),
    ("CL", "America/Santiago Pacific/Easter", "CL-VS"),
    ("CL", "America/Coyhaique America/Punta_Arenas", "CL-AI"),
    ("CL", "America/Punta_Arenas", "CL-MA"),
    ("CL", "America/Santiago", OTHER_STATES),
    ("EC", "Pacific/Galapagos", "20"),
    ("EC", "America/Guayaquil", OTHER_STATES),
    ("ES", "Atlantic/Canary", "GC TF"),
    ("ES", "Europe/Madrid", OTHER_STATES),
    ("MX", "America/Cancun", "ROO"),
    ("MX", "America/Tijuana", "BCN"),
    ("MX", "America/Mazatlan", "BCS SIN"),
    ("MX", "America/Mazatlan America/Bahia_Banderas", "NAY"),
    ("MX", "America/Hermosillo", "SON"),
    ("MX", "America/Chihuahua America/Ciudad_Juarez America/Ojinaga", "CHH"),
    ("MX", "America/Mexico_City America/Matamoros", "COA NLE TAM"),
    ("MX", "America/Mexico_City", OTHER_STATES),
    ("PT", "Atlantic/Azores", "20"),
    ("PT", "Atlantic/Madeira", "30"),
    ("PT", "Europe/Lisbon", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18"),
    ("US", "America/New_York", "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV"),
    ("US", "America/New_York America/Chicago", "FL IN KY MI TN"),
    ("US", "America/Chicago", "AL AR IA IL LA MN MO MS OK WI"),
    ("US", "America/Chicago America/Denver", "KS ND NE SD TX"),
    ("US", "America/Denver", "CO MT NM UT WY"),
    ("US", "America/Phoenix America/Denver", "AZ"),
    ("US", "America/Denver America/Los_Angeles", "ID NV OR"),
    ("US", "America/Los_Angeles", "CA WA"),
    ("US", "America/Anchorage America/Adak", "AK"),
    ("US", "Pacific/Honolulu", "HI"),
    ("US", "America/Puerto_Rico", "PR VI"),
    ("US", "Pacific/Guam", "GU MP"),
    ("US", "Pacific/Pago_Pago", "AS"),
    ("US", "Pacific/Majuro", "MH"),
    ("US", "Pacific/Chuuk Pacific/Pohnpei", "FM"),
]

# Country, region of the library `holidays`, states: only where Odoo's states are a finer
# division than the regions that set holidays. Source: ISO 3166-2:ES.
_REGIONS = [
    ("ES", "AN", "AL CA CO GR H J MA SE"),
    ("ES", "AR", "HU TE Z"),
    ("ES", "AS", "O"),
    ("ES", "CB", "S"),
    ("ES", "CE", "CE"),
    ("ES", "CL", "AV BU LE P SA SG SO VA ZA"),
    ("ES", "CM", "AB CR CU GU TO"),
    ("ES", "CN", "GC TF"),
    ("ES", "CT", "B GI L T"),
    ("ES", "EX", "BA CC"),
    ("ES", "GA", "C LU OR PO"),
    ("ES", "IB", "PM"),
    ("ES", "MC", "MU"),
    ("ES", "MD", "M"),
    ("ES", "ML", "ME"),
    ("ES", "NC", "NA"),
    ("ES", "PV", "BI SS VI"),
    ("ES", "RI", "LO"),
    ("ES", "VC", "A CS V"),
]

ZONES_BY_STATE = {
    (country, state): tuple(zones.split())
    for country, zones, states in _ZONES
    for state in states.split()
}
REGION_BY_STATE = {
    (country, state): region for country, region, states in _REGIONS for state in states.split()
}


def get_region(country, state):
    """Return the holiday region of a state: its own code, without the country before it."""
    if not state:
        return None
    return REGION_BY_STATE.get((country, state)) or state.removeprefix(f"{country}-")


def get_possible_zones(country, state=None):
    """Return every zone name a debtor of the state may live in; () for an unknown country."""
    if state:
        for key in ((country, state), (country, OTHER_STATES)):
            if key in ZONES_BY_STATE:
                return ZONES_BY_STATE[key]
    return tuple(pytz.country_timezones.get(country, ())) if country else ()


@cache
def get_zones(country, state, year):
    """Return the possible zones that differ on some day of this year or the next, in order."""
    seen = {}
    for zone in get_possible_zones(country, state):
        if is_zone(zone):
            seen.setdefault(_get_offsets(zone, year), zone)
    return tuple(seen.values())


@cache
def is_zone(name):
    """Return whether this machine knows the zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


@cache
def _get_offsets(name, year):
    """Return the zone's offset at every noon of two years."""
    zone = ZoneInfo(name)
    noon = datetime(year, 1, 1, 12, tzinfo=timezone.utc)
    return tuple((noon + timedelta(days=n)).astimezone(zone).utcoffset() for n in range(731))
