"""Public holidays by country and region, from the library `holidays`, one dict a year."""

from functools import cache

import holidays
import holidays.countries  # all of them, now: not by the first case of every worker's first night


def _no_holiday(_day):
    return None


@cache
def get_checker(country, region=None, language=None):
    """Return a function date -> name of the holiday or None.

    :param country: ISO 3166 code; the library not knowing it means no holidays
    :param region: subdivision code; one the library does not know means the country's only
    :param language: for instance es_PE; the closest one the library has, else its own
    """
    try:
        calendar = holidays.country_holidays(country) if country else None
    except NotImplementedError:
        calendar = None
    if calendar is None:
        return _no_holiday
    subdivision = region if region in calendar.subdivisions else None
    spoken = _get_language(calendar, language)
    years = {}

    def get_name(day):
        names = years.get(day.year)
        if names is None:
            names = years[day.year] = dict(
                holidays.country_holidays(
                    country, subdiv=subdivision, years=day.year, language=spoken
                )
            )
        return names.get(day)

    return get_name


def _get_language(calendar, language):
    """Return the library's language that is the same, begins alike, or else is its own.

    Never None where it has several: it would then follow the locale of the process.
    """
    supported = calendar.supported_languages
    if language in supported:
        return language
    word = (language or "").split("_")[0]
    alike = (one for one in supported if one.split("_")[0] == word)
    return next(alike, calendar.default_language)
