"""Translations: are the exported terms current, and does Spanish say every one of them?

    python -m tools.check_i18n --database DB           check, exit code 1 when something lacks
    python -m tools.check_i18n --database DB --write   export the .pot, merge them into the .po

The database must have the addons installed. Needs the environment of `make setup`.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

from tools.house import paths, postgres

LANGUAGE = "es_419"


def export(database, addon, target):
    """Export the terms of an addon as Odoo sees them in a database."""
    subprocess.run(
        [
            *(str(paths.VENV_PYTHON), "-m", "odoo", "i18n", "export", "-c", str(paths.ODOO_CONF)),
            *("-d", database, "-o", str(target), addon),
        ],
        env=postgres.environment(),
        cwd=paths.ROOT,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    if not target.exists():  # an addon without a single term exports nothing
        polib.POFile().save(str(target))
    return polib.pofile(str(target))


def terms(catalogue):
    """Return what must be equal for two exports to be the same, whatever their date."""
    return {
        (entry.msgctxt, entry.msgid, tuple(sorted(entry.occurrences)))
        for entry in catalogue
        if not entry.obsolete
    }


def untranslated(catalogue, template):
    """Return the terms of the template that the translation leaves out or doubts."""
    said = {
        (entry.msgctxt, entry.msgid)
        for entry in catalogue
        if entry.msgstr and not entry.fuzzy and not entry.obsolete
    }
    return [entry.msgid for entry in template if (entry.msgctxt, entry.msgid) not in said]


def check(addon, current, root=paths.ROOT):
    """Return the complaints about one addon, given its terms as exported just now."""
    folder = root / addon / "i18n"
    if not len(current):
        return []
    template = folder / f"{addon}.pot"
    translation = folder / f"{LANGUAGE}.po"
    missing = [path for path in (template, translation) if not path.exists()]
    if missing:
        names = ", ".join(str(path.relative_to(root)) for path in missing)
        return [f"{names} is missing: run `make i18n`"]
    complaints = []
    if terms(polib.pofile(str(template))) != terms(current):
        complaints.append(f"{addon}.pot is not what the code says now: run `make i18n`")
    lacking = untranslated(polib.pofile(str(translation)), current)
    complaints += [f"{addon}/i18n/{LANGUAGE}.po lacks: {term!r}" for term in lacking]
    return complaints


def write(addon, current, root=paths.ROOT):
    """Store the exported terms and merge them into the translation, keeping what it has."""
    if not len(current):
        return
    folder = root / addon / "i18n"
    folder.mkdir(exist_ok=True)
    template = folder / f"{addon}.pot"
    if not template.exists() or terms(polib.pofile(str(template))) != terms(current):
        current.save(str(template))
    path = folder / f"{LANGUAGE}.po"
    if path.exists():
        catalogue = polib.pofile(str(path))
    else:
        catalogue = polib.POFile()
        catalogue.metadata = dict(current.metadata, Language=LANGUAGE)
    before = str(catalogue)
    catalogue.merge(current)
    for entry in catalogue.obsolete_entries():
        catalogue.remove(entry)
    if str(catalogue) != before:
        catalogue.save(str(path))


def main(arguments=None):
    """Check or write every addon; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--database", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("addons", nargs="*", default=paths.addons())
    options = parser.parse_args(arguments)
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        for addon in options.addons:
            current = export(options.database, addon, Path(folder) / f"{addon}.pot")
            if options.write:
                write(addon, current)
            complaints += check(addon, current)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
