"""Which day somebody means: Spanish, Portuguese and English, as people type.

A day is told only when it is certain; what means a day without telling it ("next week"), or tells
two, is a :class:`Moment` without a day, so that the debtor is asked.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from .words import NUMBER_RUN, UNITS, distance_is_one, fold, read_number

WEEKDAYS = {
    0: ("lunes", "monday"), 1: ("martes", "terca", "tuesday"),
    2: ("miercoles", "quarta", "wednesday"), 3: ("jueves", "quinta", "thursday"),
    4: ("viernes", "sexta", "friday"), 5: ("sabado", "saturday"), 6: ("domingo", "sunday"),
}  # fmt: skip
SHORT_DAYS = {"lun": 0, "mie": 2, "jue": 3, "vie": 4, "vier": 4, "sab": 5, "tues": 1, "thurs": 3,
              "thur": 3, "fri": 4}  # fmt: skip
DAY_OF = {name: number for number, names in WEEKDAYS.items() for name in names}
MONTHS = {
    1: ("enero", "ene", "janeiro", "january", "jan"),
    2: ("febrero", "feb", "fevereiro", "fev", "february"),
    3: ("marzo", "marco", "march"), 4: ("abril", "abr", "april", "apr"), 5: ("mayo", "maio", "may"),
    6: ("junio", "jun", "junho", "june"), 7: ("julio", "jul", "julho", "july"),
    8: ("agosto", "ago", "august", "aug"),
    9: ("septiembre", "setiembre", "sept", "sep", "set", "setembro", "september"),
    10: ("octubre", "oct", "outubro", "october"), 11: ("noviembre", "nov", "novembro", "november"),
    12: ("diciembre", "dic", "dezembro", "dez", "december", "dec"),
}  # fmt: skip
MONTH_OF = {name: number for number, names in MONTHS.items() for name in names}
MONTH = "|".join(sorted(MONTH_OF, key=len, reverse=True))
DAY_NAME = "|".join(sorted([*DAY_OF, *SHORT_DAYS], key=len, reverse=True))
NEXT_WEEK = (
    r"(?:(?:la|a|da|na)\s+)?(?:(?:proxima|prox|otra|siguiente|outra)\s+semana"
    r"|semana\s+(?:que\s+(?:viene|vem|entra)|siguiente|proxima|entrante)|next\s+week)"
)
ORDINAL = r"(?:primero|primeiro|1ero|1ro|1er|1o|first)"
NUMBER = rf"(?:\d{{1,3}}|{NUMBER_RUN})"
# What follows a number that is no day of the month.
NO_DAY = (
    r"(?!\s*(?:%|[.,/:]\d|\d|(?:por|mil|k|soles?|lucas?|pesos|dolares|reais|dias?|semanas?|meses|"
    r"mes(?:es)?\b|horas?|cuotas?|cajas?|facturas?|varos|palos?|millones|bucks|dollars)\b))"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was found: the day (None: not told exactly) and the words that say so."""

    day: date | None
    excerpt: str


class _Reader:
    """Takes a text apart; what was read is blanked so that nothing is read twice."""

    def __init__(self, text, today, order):
        self.text, self.today, self.order = f" {fold(text)} ", today, order
        self.days, self.excerpts = [], []
        self.is_vague = False
        self.next_week = False

    def take(self, pattern, handle):
        """Hand each match to a function; its answer is a day, None (not exactly told) or False
        (no day at all)."""

        def replace(match):
            found = handle(match)
            if found is NotImplemented:
                return match.group()
            if found is not False:
                self.excerpts.append(match.group().strip())
                if found is None:
                    self.is_vague = True
                else:
                    self.days.append(found)
                return " _date_ "
            return " _past_ "

        self.text = re.sub(rf"(?<![\w/]){pattern}(?![\w])", replace, self.text)

    # -- helpers ----------------------------------------------------------------------------------

    def next_day_of_month(self, day):
        """Return the next day with this number, today included."""
        if not 1 <= day <= 31:
            return None
        year, month = self.today.year, self.today.month
        while day > monthrange(year, month)[1] or date(year, month, day) < self.today:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return date(year, month, day)

    def on(self, day, month, year=None):
        """Return a day of a month, the next one when no year is told."""
        try:
            if year:
                found = date(year + 2000 if year < 100 else year, month, day)
                return found if found >= self.today else None
            found = date(self.today.year, month, day)
            return found if found >= self.today else date(self.today.year + 1, month, day)
        except ValueError:
            return None

    def end_of(self, month=None):
        month = month or self.today.month
        year = self.today.year + (month < self.today.month)
        return date(year, month, monthrange(year, month)[1])

    def weekday(self, number, next_week=False):
        monday = self.today - timedelta(days=self.today.weekday())
        if next_week:
            return monday + timedelta(days=7 + number)
        ahead = (number - self.today.weekday()) % 7 or 7
        return self.today + timedelta(days=ahead)

    def number(self, words):
        return int(words) if words.isdigit() else read_number(words)

    # -- the grammar, in its order ----------------------------------------------------------------

    def scan(self):
        self.read_past()
        self.read_numeric()
        self.read_months()
        self.read_periods()
        self.read_relative()
        self.read_weekdays()
        self.read_days_of_month()
        self.read_vague()
        return self

    def read_past(self):
        day = rf"(?:{DAY_NAME})(?:\s+feira)?"
        self.take(
            r"(?:ayer|ontem|yesterday|anteayer|antier|anoche|antes\s+de\s+ayer|anteontem"
            rf"|(?:{day}|semana|mes|ano)\s+passad[ao]|(?:{day}|semana|mes|ano)\s+pasad[ao]"
            rf"|last\s+(?:week|month|{DAY_NAME})|{NUMBER}\s+(?:days?|weeks?)\s+ago"
            rf"|(?:hace|faz|ha|desde\s+hace)\s+(?:como\s+)?{NUMBER}\s+(?:dias?|semanas?|mes(?:es)?)"
            rf"|desde\s+(?:el\s+|o\s+|a\s+)?(?:{day})|since\s+(?:{day}))",
            lambda _match: False,
        )

    def read_numeric(self):
        self.take(
            r"(\d{4})-(\d{1,2})-(\d{1,2})",
            lambda m: self.on(int(m[3]), int(m[2]), int(m[1])),
        )
        self.take(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})", self._numeric_year)
        self.take(r"(\d{1,2})[/-](\d{1,2})(?![/-]?\d)", lambda m: self._numeric(m[1], m[2]))

    def _numeric_year(self, match):
        return self._numeric(match[1], match[3], int(match[4]))

    def _numeric(self, first, second, year=None):
        first, second = int(first), int(second)
        if first > 12 or second > 12:
            day, month = (first, second) if first > 12 else (second, first)
        else:
            day, month = (first, second) if self.order == "DMY" else (second, first)
        return self.on(day, month, year)

    def read_months(self):
        day = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL}|{NUMBER_RUN})"
        year = r"(?:,?\s+(?:de\s+|del\s+|of\s+)?(20\d\d))?"
        weekday = rf"(?:(?:{DAY_NAME})(?:[\s-]+feira)?,?\s+)?"
        article = r"(?:(?:el|o|dia|the|la)\s+){0,2}"
        self.take(
            rf"{article}{weekday}{article}({day})\s+(?:de\s+|of\s+|d\s+)?({MONTH})\.?{year}",
            lambda m: self.on(self._day_number(m[1]), MONTH_OF[m[2]], m[3] and int(m[3])),
        )
        self.take(
            rf"{weekday}({MONTH})\s+(?:the\s+|el\s+)?(\d{{1,2}})(?:st|nd|rd|th)?{year}",
            lambda m: self.on(int(m[2]), MONTH_OF[m[1]], m[3] and int(m[3])),
        )

    def _day_number(self, words):
        if re.fullmatch(ORDINAL, words):
            return 1
        digits = re.match(r"\d+", words)
        return int(digits.group()) if digits else read_number(words) or 0

    def read_periods(self):
        month = rf"(?:(?:de|del|do|of)\s+)?({MONTH})"
        self.take(
            rf"(?:la\s+)?(primera|segunda|1ra|2da)?\s*quincena\s+{month}",
            lambda m: (
                self.end_of(MONTH_OF[m[2]])
                if m[1] in ("segunda", "2da")
                else self.on(15, MONTH_OF[m[2]])
            ),
        )
        self.take(r"(?:la\s+|una\s+|esta\s+|proxima\s+)*quincena", lambda _m: self._payday())
        end = r"(?:(?:a|el|al|los|no|o|by|at|the|para|pra)\s+)*(?:fin|fines|finales|final|fim|end)"
        self.take(
            rf"{end}\s+(?:d[eo]l?\s+|of\s+(?:the\s+)?|d\s+)?(?:este\s+)?(?:mes|month)"
            rf"(?!\s+(?:que\s+(?:viene|vem)|proximo))",
            lambda _m: self.end_of(),
        )
        self.take(rf"{end}\s+(?:d[eo]l?\s+|of\s+)({MONTH})", lambda m: self.end_of(MONTH_OF[m[1]]))
        self.take(
            rf"{end}\s+(?:d[eo]l?\s+|of\s+(?:the\s+)?|d\s+)?(?:este\s+)?(?:ano|year)",
            lambda _m: date(self.today.year, 12, 31),
        )

    def _payday(self):
        """The 15th or the last day of the month, whichever comes next."""
        middle = self.today.replace(day=15)
        return middle if middle >= self.today else self.end_of()

    def read_relative(self):
        self.take(
            r"(?:pasado\s*manana|depois\s+de\s+amanha|(?:the\s+)?day\s+after\s+tomorrow)",
            lambda _m: self.today + timedelta(days=2),
        )
        self.take(r"(?:por|en|a|de)\s+la\s+manana|esta\s+manana|la\s+manana",
                  lambda _m: NotImplemented)  # fmt: skip
        self.take(
            r"(?<!la )(?<!esta )(?:manana|amanha|tomorrow|tmrw|tmr|mnn)",
            lambda _m: self.today + timedelta(days=1),
        )
        self.take(
            r"(?:hoy\s+dia|hoy|hoje|hj|today|tonight|esta\s+(?:noche|tarde)"
            r"|this\s+(?:afternoon|evening))"
            rf"(?:\s+(?:mismo|{DAY_NAME}))?(?!\s+en\s+(?:ocho|quince|8|15)\b)",
            lambda _m: self.today,
        )
        self.take(
            r"de\s+hoy\s+en\s+(ocho|quince|8|15)(?:\s+dias)?",
            lambda m: self.today + timedelta(days=7 if m[1] in ("ocho", "8") else 14),
        )
        lead = (
            r"(?:en|dentro\s+de|de\s+aqui\s+a|de\s+aca\s+a|daqui\s+a|daqui|em|within|in|deme|dame|"
            r"denme|give\s+me|me\s+da|me\s+de|espereme|espera|esperame)"
        )
        unit = r"(dias?|days?|semanas?|weeks?|mes|meses|months?)"
        self.take(rf"{lead}\s+(?:unos\s+|otros\s+)?({NUMBER})\s+{unit}"
                  r"(?:\s+mas)?", self._ahead)  # fmt: skip

    def _ahead(self, match):
        count, unit = self.number(match[1]), match[2]
        if not count or count > 120:
            return None
        if unit[0] == "d":
            return self.today + timedelta(days=count)
        if unit[0] in "sw":
            return self.today + timedelta(days=7 * count)
        index = self.today.month - 1 + count
        year, month = self.today.year + index // 12, index % 12 + 1
        return date(year, month, min(self.today.day, monthrange(year, month)[1]))

    def read_weekdays(self):
        self.text = re.sub(r"[a-z]{5,10}", self._mend, self.text)
        lead = (
            r"(?:(?:el|este|esta|na|no|a|o|on|this|coming|by|nesta|neste|proximo|proxima|dia)\s+)*"
        )
        tail = r"(?:[\s-]+feira)?"
        name = rf"({DAY_NAME}|segunda)"
        weeks = rf"(?:,?\s+(?:de\s+|del\s+|da\s+)?({NEXT_WEEK}))?"
        number = (
            r"(?:,?\s+(\d{1,2})(?![\d.,/:%]*\d)(?!\s*(?:soles|lucas|mil|k|pesos|reais|%|dolares)))?"
        )
        self.take(rf"(next\s+)?{lead}{name}{tail}{weeks}{number}", self._weekday)
        self.take(r"on\s+(mon|tue|wed|thu|sat|sun)", lambda m: self.weekday(
            ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(m[1])))  # fmt: skip

    def _mend(self, match):
        """Return the weekday that a word with one wrong letter means."""
        word = match.group()
        if word in DAY_OF:
            return word
        for name in DAY_OF:
            if name not in ("terca", "quarta", "quinta", "sexta") and word[0] == name[0] and (
                distance_is_one(word, name)
            ):  # fmt: skip
                return name
        return word

    def _weekday(self, match):
        name = match[2]
        if name in ("segunda", "quarta", "quinta", "sexta", "terca") and not self._is_portuguese(
            match
        ):
            return NotImplemented
        number = 0 if name == "segunda" else DAY_OF.get(name, SHORT_DAYS.get(name))
        if match[1]:
            return None  # "next Friday" is another day for everybody
        if match[4]:
            day = self.next_day_of_month(int(match[4]))
            return day if day and day.weekday() == number else None
        self.weekday_number = number
        return self.weekday(number, bool(match[3]))

    def _is_portuguese(self, match):
        """Tell the second day of a Portuguese week from the word for "second"."""
        if "feira" in match.group():
            return True
        rest = self.text[match.end() : match.end() + 14]
        if re.match(r"\s*(?:via|quincena|vez|parcela|cuota|parte|factura|semana\s+d)", rest):
            return False
        lead = self.text[max(0, match.start() - 12) : match.start(2)]
        return bool(re.search(r"\b(?:na|ate|nesta|nessa|pra|proxima|para)\s*$", lead)) or (
            not lead.strip() and match[2] != "segunda"
        )

    def read_days_of_month(self):
        tail = (
            r"(?:\s+(?:de\s+este\s+mes|del\s+(?:presente\s+)?mes|deste\s+mes|de\s+este"
            r"|of\s+this\s+month))?"
        )
        self.take(
            rf"(?:(?:el|para\s+el|hasta\s+el|al)\s+)?(?:el|dia|the|d[ií]a)\s+"
            rf"(\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL}|{NUMBER_RUN}){NO_DAY}{tail}",
            self._day_of_month,
        )
        self.take(
            r"(\d{1,2})(?:st|nd|rd|th|\s+(?:de\s+este\s+mes|del\s+mes|deste\s+mes))",
            lambda m: self.next_day_of_month(int(m[1])),
        )

    def _day_of_month(self, match):
        words = match[1]
        if words in UNITS and UNITS[words] == 1 and words != "uno":
            return NotImplemented  # "el un ..." is no day
        number = self._day_number(words)
        return self.next_day_of_month(number) if 1 <= number <= 31 else NotImplemented

    def read_vague(self):
        before = self.is_vague
        self.take(NEXT_WEEK, lambda _m: None)
        if self.is_vague and not before and len(self.days) == 1 and hasattr(self, "weekday_number"):
            self.is_vague = False  # "next week, on Thursday"
            self.days = [self.weekday(self.weekday_number, next_week=True)]
        self.take(
            r"(?:(?:esta|este|this|essa|nesta|nessa)\s+(?:semana|week|mes|month)"
            r"|(?:el\s+|un\s+|los\s+)?(?:fin(?:es)?\s+de\s+semana|finde|weekend|fim\s+de\s+semana)"
            r"|(?:proximo|otro|outro|next)\s+(?:mes|month|ano|year)"
            r"|mes\s+(?:que\s+(?:viene|vem|entra)|siguiente|proximo)"
            r"|(?:a\s+)?(?:principios?|comienzos?|inicios?|mediados|comeco|beginning)"
            rf"\s+(?:de|del|do|of)\s+(?:the\s+)?(?:mes|ano|month|{MONTH})"
            r"|primera\s+semana|un\s+dia\s+de\s+estos"
            r"|(?:en\s+)?(?:estos|unos|uns|algunos|pocos)\s+dias"
            r"|(?:a\s+)?few\s+(?:more\s+)?days|dias\s+mas|qualquer\s+dia(?:\s+desses)?"
            r"|one\s+of\s+these\s+days"
            r"|later\s+this\s+week|soon|pronto|em\s+breve"
            rf"|(?:en|em|in|para|pra)\s+(?:{MONTH}))",
            lambda _m: None,
        )


def read(text, today, order="DMY"):
    """Return the :class:`Moment` that a text means, None when it speaks of no day to come.

    :param date today: what "tomorrow" is counted from
    :param str order: ``DMY`` or ``MDY``, how the reader writes 5/12
    """
    return scan(text, today, order)[0]


def scan(text, today, order="DMY"):
    """Return ``(moment, text)``: the folded text with every day replaced by ``_date_``."""
    reader = _Reader(text[:2000], today, order).scan()
    moment = None
    if reader.days or reader.is_vague:
        days = set(reader.days)
        exact = len(days) == 1 and not reader.is_vague
        moment = Moment(days.pop() if exact else None, ", ".join(reader.excerpts)[:200])
    return moment, " ".join(reader.text.split())
