"""What counts as a problem in Odoo's log, and the noise that is Odoo's own.

Used both on the log of an installation and, record by record, during tests.
"""

import re

# (logger, message) as regular expressions, each with the reason it is tolerated.
ALLOWED = (
    # Odoo 19's Debian package replaces PyPDF2 by pypdf, unpatched wkhtmltopdf is told at start.
    (r"odoo\.addons\.base\.models\.ir_actions_report", r"wkhtmltopdf|Wkhtmltopdf"),
    # Embedded PostgreSQL has no contrib extensions; Odoo says so once and goes on.
    (r"odoo\.(modules\.db|service\.db|sql_db|tools\.sql)", r"pg_trgm|unaccent"),
    # Run as root in a container.
    (r"odoo\.(cli|service).*", r"Running as user 'root' is a security risk"),
    # Libraries and Odoo announcing their future; a warning that names a file of ours counts.
    (r"py\.warnings", r"(?s)\A(?!.*/collections_\w+/).*"),
)
LEVELS = ("WARNING", "ERROR", "CRITICAL")
LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>[^:]+): "
    r"(?P<message>.*)$"
)


def is_allowed(logger, message):
    """Tell whether a warning is known noise of Odoo's own."""
    return any(re.fullmatch(a, logger) and re.search(b, message) for a, b in ALLOWED)


def problems(text):
    """Return the warnings and errors of a log file, each with its continuation lines."""
    found, current = [], None
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            if current:
                current.append(line)
            continue
        current = None
        wrong = match["level"] in LEVELS and not is_allowed(match["logger"], match["message"])
        if wrong:
            current = [line]
            found.append(current)
    return ["\n".join(lines) for lines in found]
