"""Charts of a document as SVG for paper: no JavaScript, nothing fetched, legible without colour.

Series differ by shade and by the pattern of their line; bars and points say their value where
there is room. Colours are those of ages (grey, amber to red) and a palette safe for readers who do
not tell red from green.
"""

import math
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

TONES = {
    "not_due": "#adb5bd",
    "age_1": "#f2b84b",
    "age_2": "#e8872e",
    "age_3": "#d1532c",
    "age_4": "#9c1c1c",
    "good": "#2b7a4b",
    "bad": "#b02a37",
    "plain": "#2f6f9f",
    "quiet": "#ced4da",
}
PALETTE = ("#2f6f9f", "#e8872e", "#2b7a4b", "#7b5ea7", "#5c677d", "#b08900", "#c2557a", "#3aa6a6")
DASHES = ("", "7 3", "2 3", "9 3 2 3")
WIDTH, HEIGHT = 720, 270
TOP, BOTTOM, LEFT, RIGHT = 34, 40, 74, 18
INK, QUIET, GRID = "#212529", "#6c757d", "#dee2e6"
# So many bars at most carry their value.
LABELLED_BARS = 14


def draw(section, write):
    """Return a chart of a document as SVG, or an empty string when it has no value but zero.

    :param section: as ``engine.documents.chart`` makes it
    :param write: called with a value, returns it in words, short
    """
    items = [
        {**item, "values": [None if value is None else float(value) for value in item["values"]]}
        for item in section["series"]
    ]
    section = {**section, "series": items}
    values = [value for item in items for value in item["values"] if value is not None]
    if not any(values) or (section["kind"] == "doughnut" and max(values) <= 0):
        return ""
    makers = {"bar": _bars, "stacked": _stack, "line": _lines, "doughnut": _doughnut}
    return _page(section, makers[section["kind"]](section, write))


def ticks(low, high, count=5):
    """Return round values from at most ``low`` to at least ``high``, about so many steps.

    Steps are 1, 2 or 5 times a power of ten, as on a ruler.
    """
    low, high = min(low, 0), max(high, 0)
    if low == high:
        high = 1
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def shorten(text, length):
    """Return a text of at most so many signs."""
    text = str(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def colour(item, number):
    """Return the colour of a series, by its tone or its place."""
    return TONES.get(item["tone"]) or PALETTE[number % len(PALETTE)]


# -- pieces --------------------------------------------------------------------------------------


def _clean(text):
    """Return a text without the signs that XML forbids."""
    return "".join(sign for sign in str(text) if sign >= " " or sign in "\t\n")


def _tag(name, inside="", **attributes):
    written = "".join(
        f" {key.replace('_', '-')}={quoteattr(_clean(_short(value)))}"
        for key, value in attributes.items()
        if value not in (None, "")
    )
    return f"<{name}{written}>{inside}</{name}>"


def _short(value):
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def _text(x, y, text, *, anchor="start", size=11, fill=INK, weight=None):
    return _tag(
        "text", escape(_clean(text)), x=float(x), y=float(y), text_anchor=anchor,
        font_size=size, fill=fill, font_weight=weight,
    )  # fmt: skip


def _line(x1, y1, x2, y2, stroke=GRID, width=1, dash=None):
    return _tag(
        "line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2),
        stroke=stroke, stroke_width=width, stroke_dasharray=dash,
    )  # fmt: skip


def _rect(x, y, width, height, fill, title=""):
    inside = _tag("title", escape(_clean(title))) if title else ""
    return _tag(
        "rect", inside, x=float(x), y=float(y), width=float(max(width, 0)),
        height=float(max(height, 0)), fill=fill,
    )  # fmt: skip


def _page(section, pieces):
    inside = _tag("title", escape(_clean(section["title"] or ""))) + "".join(pieces)
    return _tag(
        "svg", inside, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH, height=HEIGHT, role="img", font_family="Lato, Helvetica, Arial, sans-serif",
    )  # fmt: skip


def _legend(section):
    """Name the series above the chart, each with its colour and the pattern of its line."""
    if len(section["series"]) < 2 and not section["line"]:
        return []
    pieces, x = [], LEFT
    room = (WIDTH - LEFT - RIGHT) / (len(section["series"]) + bool(section["line"]))
    length = max(int(room / 6.4) - 4, 4)
    for number, item in enumerate(section["series"]):
        tone = colour(item, number)
        if section["kind"] == "line":
            dash = DASHES[number % len(DASHES)]
            pieces.append(_line(x, 12, x + 18, 12, tone, 3, dash))
        else:
            pieces.append(_rect(x + 4, 7, 11, 11, tone))
        pieces.append(_text(x + 22, 16, shorten(item["label"], length)))
        x += min(room, 34 + 6.4 * len(shorten(item["label"], length)))
    if section["line"]:
        pieces.append(_line(x, 12, x + 18, 12, INK, 1.5, "4 3"))
        pieces.append(_text(x + 22, 16, shorten(section["line"]["label"], length)))
    return pieces


class _Frame:
    """The axes of a chart: values upwards, labels along the foot."""

    def __init__(self, section, low, high, write):
        if section["line"]:
            low, high = min(low, section["line"]["value"]), max(high, section["line"]["value"])
        self.section, self.write = section, write
        self.ticks = ticks(low, high)
        self.width = (WIDTH - LEFT - RIGHT) / max(len(section["labels"]), 1)

    def y(self, value):
        """Return where a value is."""
        low, high = self.ticks[0], self.ticks[-1]
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))

    def x(self, number):
        """Return where the middle of a label is."""
        return LEFT + self.width * (number + 0.5)

    def draw(self):
        """Return grid, axes and their labels."""
        pieces = _legend(self.section)
        for tick in self.ticks:
            pieces.append(_line(LEFT, self.y(tick), WIDTH - RIGHT, self.y(tick)))
            pieces.append(
                _text(LEFT - 6, self.y(tick) + 4, self.write(tick), anchor="end", fill=QUIET)
            )
        pieces.append(_line(LEFT, self.y(0), WIDTH - RIGHT, self.y(0), QUIET))
        labels = self.section["labels"]
        # as many labels as have room, the last one among them
        every = max(math.ceil(len(labels) * 46 / (WIDTH - LEFT - RIGHT)), 1)
        length = max(int(self.width * every / 6.2), 5)
        for number, label in enumerate(labels):
            if (len(labels) - 1 - number) % every == 0:
                words = shorten(label, length)
                pieces.append(_text(self.x(number), HEIGHT - BOTTOM + 17, words, anchor="middle"))
        return pieces

    def draw_line(self):
        """Return the line of a target, over all else."""
        line = self.section["line"]
        if not line:
            return []
        y = self.y(line["value"])
        return [_line(LEFT, y, WIDTH - RIGHT, y, INK, 1.5, "4 3")]


def _bars(section, write):
    items = section["series"]
    values = [value or 0 for item in items for value in item["values"]]
    frame = _Frame(section, min(values), max(values), write)
    pieces = frame.draw()
    width = frame.width * 0.72 / len(items)
    labelled = len(items) * len(section["labels"]) <= LABELLED_BARS
    for number, item in enumerate(items):
        for place, value in enumerate(item["values"]):
            if value is None:
                continue
            x = frame.x(place) - frame.width * 0.36 + number * width
            top, foot = frame.y(max(value, 0)), frame.y(min(value, 0))
            words = f"{section['labels'][place]}, {item['label']}: {write(value)}"
            pieces.append(_rect(x, top, width * 0.94, foot - top, colour(item, number), words))
            if labelled:
                y = top - 4 if value >= 0 else foot + 12
                pieces.append(_text(x + width * 0.47, y, write(value), anchor="middle", size=10))
    return pieces + frame.draw_line()


def _stack(section, write):
    items = section["series"]
    columns = list(zip(*(item["values"] for item in items), strict=True))
    above = [sum(value for value in column if value and value > 0) for column in columns]
    below = [sum(value for value in column if value and value < 0) for column in columns]
    frame = _Frame(section, min(below), max(above), write)
    pieces = frame.draw()
    width = min(frame.width * 0.7, 90)
    for place, column in enumerate(columns):
        up = down = 0
        for number, value in enumerate(column):
            if not value:
                continue
            low, high = (up, up + value) if value > 0 else (down + value, down)
            up, down = (high, down) if value > 0 else (up, low)
            words = f"{section['labels'][place]}, {items[number]['label']}: {write(value)}"
            pieces.append(
                _rect(frame.x(place) - width / 2, frame.y(high), width,
                      frame.y(low) - frame.y(high), colour(items[number], number), words)
            )  # fmt: skip
        if len(columns) <= LABELLED_BARS and (above[place] or below[place]):
            words = write(above[place] + below[place])
            pieces.append(
                _text(frame.x(place), frame.y(above[place]) - 4, words, anchor="middle", size=10)
            )
    return pieces + frame.draw_line()


def _lines(section, write):
    items = section["series"]
    values = [value for item in items for value in item["values"] if value is not None]
    frame = _Frame(section, min(values), max(values), write)
    pieces = frame.draw()
    for number, item in enumerate(items):
        tone, dash = colour(item, number), DASHES[number % len(DASHES)]
        points = [
            (frame.x(place), frame.y(value), value) if value is not None else None
            for place, value in enumerate(item["values"])
        ]
        for first, second in pairwise(points):
            if first and second:
                pieces.append(_line(*first[:2], *second[:2], tone, 2.2, dash))
        known = [point for point in points if point]
        for x, y, _value in known:
            pieces.append(_tag("circle", cx=float(x), cy=float(y), r=2.6, fill=tone))
        if known:
            x, y, value = known[-1]
            anchor = "end" if x > WIDTH - RIGHT - 40 else "middle"
            pieces.append(_text(x, y - 7, write(value), anchor=anchor, size=10, weight="bold"))
    return pieces + frame.draw_line()


def _doughnut(section, write):
    """Shares of a whole: a ring and, beside it, each with its value and its per cent."""
    values = section["series"][0]["values"]
    parts = [
        (section["labels"][number], value, number)
        for number, value in enumerate(values)
        if value and value > 0
    ]
    total = sum(value for _label, value, _number in parts)
    x, y, outer, inner = 150, HEIGHT / 2, 112, 62
    pieces, angle = [], -math.pi / 2
    step = min(26, (HEIGHT - 20) / len(parts))
    foot = y - step * (len(parts) - 1) / 2
    for label, value, number in parts:
        tone = PALETTE[number % len(PALETTE)]
        turn = 2 * math.pi * value / total
        pieces.append(_slice(x, y, outer, inner, angle, turn, tone))
        angle += turn
        pieces.append(_rect(300, foot - 9, 12, 12, tone))
        pieces.append(_text(320, foot + 1, shorten(label, 34)))
        share = 100 * value / total
        words = f"{write(value)} · {share:.0f} %"
        pieces.append(_text(WIDTH - RIGHT, foot + 1, words, anchor="end", weight="bold"))
        foot += step
    pieces.append(_text(x, y + 5, write(total), anchor="middle", size=15, weight="bold"))
    return pieces


def _slice(x, y, outer, inner, start, turn, fill):
    """Return a piece of a ring; a whole ring is drawn a hair short of closed."""
    end = start + min(turn, 2 * math.pi - 0.0001)
    large = 1 if turn > math.pi else 0
    points = [
        (x + radius * math.cos(angle), y + radius * math.sin(angle))
        for radius, angle in ((outer, start), (outer, end), (inner, end), (inner, start))
    ]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    path = (
        f"M{ax:.2f} {ay:.2f}A{outer} {outer} 0 {large} 1 {bx:.2f} {by:.2f}"
        f"L{cx:.2f} {cy:.2f}A{inner} {inner} 0 {large} 0 {dx:.2f} {dy:.2f}Z"
    )
    return _tag("path", d=path, fill=fill, stroke="#fff", stroke_width=1.5)
