"""The glossary says what the screens say, in both languages, and names models that exist."""

import re

from test_manual import catalogue

from tools.house import paths

PAGE = paths.ROOT / "docs" / "glossary.md"
ODOO_MODELS = {
    "account.bank.statement.line", "account.move", "account.move.line", "mail.template",
    "res.company", "res.currency", "res.groups", "res.partner",
}  # fmt: skip
ROLES = {"Collector", "Supervisor", "Manager", "Auditor"}


def rows(text):
    """Return the cells of each row of the tables, without their heads."""
    found = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in found if row[0] != "English" and not set(row[0]) <= set("-")]


def wrong_words(rows, labels):
    """Return the complaints about words that a screen says otherwise."""
    return [
        f"“{row[0]}” is “{labels[row[0]]}” on the screen, not “{row[1]}”"
        for row in rows
        if row[0] in labels and labels[row[0]] != row[1]
    ]


def test_every_word_that_a_screen_has_is_the_screen_s():
    labels, found = catalogue(), rows(PAGE.read_text())
    complaints = wrong_words(found, labels)
    assert not complaints, "\n".join(complaints)
    on_a_screen = [row[0] for row in found if row[0] in labels]
    assert len(on_a_screen) > 35, "the comparison compares something"
    assert set(on_a_screen) >= ROLES


def test_a_wrong_word_is_found():
    assert wrong_words([["Run", "Carrera"]], {"Run": "Corrida"})
    assert not wrong_words([["Run", "Corrida"], ["Write-off", "Castigo"]], {"Run": "Corrida"})


def test_every_row_is_complete_and_every_word_is_explained_once():
    found = rows(PAGE.read_text())
    assert all(len(row) == 5 and all(row) for row in found)
    words = [row[0] for row in found]
    assert len(words) == len(set(words)) > 50
    for _word, _palabra, english, spanish, _model in found:
        assert english.endswith(".") and spanish.endswith(".")
        assert english.count(". ") == spanish.count(". ") == 0, "one sentence"


def test_every_model_exists():
    named = {model for row in rows(PAGE.read_text()) for model in re.findall(r"`(.+?)`", row[4])}
    sources = [
        path.read_text() for addon in paths.addons() for path in (paths.ROOT / addon).rglob("*.py")
    ]
    ours = set(re.findall(r'^    _name = "(.+?)"', "".join(sources), re.MULTILINE))
    assert not named - ours - ODOO_MODELS
