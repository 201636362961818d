"""The manual speaks of screens that exist: their labels, in both languages, and their pictures."""

import itertools
import re

import polib
import pytest

from tools.house import paths
from tools.screenshots import __main__ as pictures
from tools.screenshots.shots import SHOTS

FOLDER = paths.ROOT / "docs" / "manual"
# Where a label that a person reads comes from; what only the code says is a sentence.
SEEN = ("model_terms:ir.ui.view,", "model:")
TOOLS = {"en": "en.md", "es": "es.md"}


def read(language):
    return (FOLDER / TOOLS[language]).read_text()


def headings(text):
    """Return the levels of the headings of a page, in order; code is no heading."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(marks) for marks in re.findall(r"^(#+) ", plain, flags=re.MULTILINE)]


def sections(text):
    """Return ``[(heading, [labels])]``: what is bold, a path of menus taken apart."""
    found = []
    for block in re.split(r"^(?=#+ )", text, flags=re.MULTILINE):
        bold = re.findall(r"\*\*(.+?)\*\*", block, flags=re.DOTALL)
        labels = [" ".join(label.split()).split(" > ") for label in bold]
        found.append((block.partition("\n")[0], [part for label in labels for part in label]))
    return found


def catalogue():
    """Return ``{English label: Spanish}`` of what the screens of the addons show."""
    labels = {}
    for addon in paths.addons():
        for entry in polib.pofile(str(paths.ROOT / addon / "i18n" / "es_419.po")):
            if any(place.startswith(SEEN) for place, _line in entry.occurrences):
                plain = [re.sub(r"<[^>]+>", "", text) for text in (entry.msgid, entry.msgstr)]
                labels[" ".join(plain[0].split())] = " ".join(plain[1].split())
    return labels


def wrong_labels(english, spanish, labels):
    """Return the complaints about the bold words of the manual in both languages."""
    complaints = []
    for one, other in itertools.zip_longest(sections(english), sections(spanish)):
        if not (one and other) or len(one[1]) != len(other[1]):
            complaints.append(f"not the same number of labels: {one} and {other}")
            continue
        for label, said in zip(one[1], other[1], strict=True):
            if label not in labels:
                complaints.append(f"{one[0]}: no screen has “{label}”")
            elif labels[label] != said:
                complaints.append(f"{other[0]}: “{label}” is “{labels[label]}”, not “{said}”")
    return complaints


def test_every_label_is_on_a_screen_in_both_languages():
    complaints = wrong_labels(read("en"), read("es"), catalogue())
    assert not complaints, "\n".join(complaints)


def test_a_wrong_label_is_found():
    labels = {"Runs": "Corridas", "Run Now": "Ejecutar ahora"}
    right = "# A\n**Runs > Run\nNow**", "# A\n**Corridas > Ejecutar ahora**"
    assert wrong_labels(*right, labels) == []
    assert wrong_labels("# A\n**Walks**", "# A\n**Corridas**", labels)
    assert wrong_labels("# A\n**Runs**", "# A\n**Ejecutar ahora**", labels)
    assert wrong_labels("# A\n**Runs**", "# A\n**Corridas** **Corridas**", labels)
    assert wrong_labels("# A\n**Runs**\n# B", "# A\n**Corridas**", labels)


def test_both_languages_have_the_same_headings():
    assert headings(read("en")) == headings(read("es"))
    assert len(headings(read("en"))) > 10


@pytest.mark.parametrize("language", TOOLS)
def test_each_picture_exists_is_small_and_is_of_its_language(language):
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", read(language))
    expected = {f"images/{language}/{shot.name}-{width}.png" for shot in SHOTS
                for width in pictures.SIZES}  # fmt: skip
    assert set(shown) == expected
    sizes = {name: (FOLDER / name).stat().st_size for name in shown}
    assert not {name: size for name, size in sizes.items() if size > pictures.MOST_BYTES}


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.relative_to(paths.ROOT / 'docs')}" for path in
                            sorted((paths.ROOT / "docs").rglob("*.md")))]
)  # fmt: skip
def test_each_link_inside_the_project_leads_somewhere(page):
    path = paths.ROOT / page
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
    assert not [link for link in links if not (path.parent / link).exists()]
