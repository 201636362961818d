"""Every string a person sees exists in Spanish (Latin America)."""

import os

import polib
import pytest

from tools import check_i18n
from tools.house import paths


@pytest.mark.parametrize("addon", paths.addons())
def test_every_term_is_exported_and_translated(addon, tmp_path):
    current = check_i18n.export(os.environ["COLLECTIONS_DB"], addon, tmp_path / f"{addon}.pot")
    complaints = check_i18n.check(addon, current)
    assert not complaints, "\n".join(complaints[:40])


def test_spanish_says_what_collectors_say():
    said = polib.pofile(str(paths.ROOT / "collections_management" / "i18n" / "es_419.po"))
    labels = {place: entry.msgstr for entry in said for place, _line in entry.occurrences}
    state = (
        "model:ir.model.fields.selection,"
        "name:collections_management.selection__collections_{}__state__{}"
    )
    assert labels[state.format("promise", "kept")] == "Cumplida"
    assert labels[state.format("promise", "partly")] == "Cumplida en parte"
    assert labels[state.format("promise", "broken")] == "Incumplida"
    assert labels[state.format("agreement", "broken")] == "Incumplido"
    managers = [entry.msgstr for entry in said if "gerente" in entry.msgstr.lower()]
    assert managers == ["Llamar personalmente al dueño o al gerente"], "ours is a jefe de cobranza"


def catalogue(*entries):
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    made.extend(polib.POEntry(msgid=term, msgstr=said) for term, said in entries)
    return made


def test_a_missing_a_fuzzy_and_an_empty_translation_are_found(tmp_path):
    current = catalogue(("Case", ""), ("Debtor", ""), ("Hold", ""), ("Step", ""))
    spanish = catalogue(("Case", "Caso"), ("Debtor", "Deudor"), ("Hold", ""))
    spanish[1].flags.append("fuzzy")
    folder = tmp_path / "collections_x" / "i18n"
    folder.mkdir(parents=True)
    current.save(str(folder / "collections_x.pot"))
    spanish.save(str(folder / "es_419.po"))
    complaints = check_i18n.check("collections_x", current, tmp_path)
    assert [line.rpartition(": ")[2] for line in complaints] == ["'Debtor'", "'Hold'", "'Step'"]


def test_merging_keeps_translations_and_drops_what_is_gone(tmp_path):
    folder = tmp_path / "collections_x" / "i18n"
    folder.mkdir(parents=True)
    catalogue(("Case", "Caso"), ("Gone", "Ido")).save(str(folder / "es_419.po"))
    check_i18n.write("collections_x", catalogue(("Case", ""), ("New", "")), tmp_path)
    merged = polib.pofile(str(folder / "es_419.po"))
    assert {entry.msgid: entry.msgstr for entry in merged} == {"Case": "Caso", "New": ""}
