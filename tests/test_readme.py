"""What the addons say about themselves is true: their hooks, and the labels of their screens."""

import ast
import re

import pytest
from test_manual import catalogue

from tools.house import paths

HOOK = "Extension point:"
LISTED = re.compile(r"`(collections\.[a-z.]+|[a-z]+\.[a-z.]+)\.(_\w+)`")


def models_of(tree):
    """Yield ``(model, class)`` of the classes of a module that are models."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        names = {
            statement.targets[0].id: ast.literal_eval(statement.value)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and getattr(statement.targets[0], "id", "") in ("_name", "_inherit")
        }
        if model := names.get("_name") or names.get("_inherit"):
            yield model, node


def hooks_of(source):
    """Return ``{(model, method)}`` of the methods whose docstring names an extension point."""
    return {
        (model, method.name)
        for model, node in models_of(ast.parse(source))
        for method in node.body
        if isinstance(method, ast.FunctionDef) and HOOK in (ast.get_docstring(method) or "")
    }


def listed_hooks(page):
    """Return ``{(model, method)}`` of the table of hooks of a page."""
    table = page.partition("**Hooks**")[2].partition("\n\n")[2].partition("\n\n")[0]
    return set(LISTED.findall(table))


@pytest.mark.parametrize("addon", paths.addons())
def test_every_extension_point_is_in_the_list_of_hooks(addon):
    folder = paths.ROOT / addon
    written = set().union(
        *(hooks_of(path.read_text()) for path in folder.rglob("*.py") if "tests" not in path.parts)
    )
    develop = folder / "readme" / "DEVELOP.md"
    listed = listed_hooks(develop.read_text()) if develop.exists() else set()
    assert not written - listed, "in the code, not in the list"
    assert not listed - written, "in the list, not in the code"


def test_a_hook_that_is_missing_would_be_found():
    source = f'class A:\n    _inherit = "a.b"\n    def _c(self):\n        """{HOOK} x."""\n'
    assert hooks_of(source) == {("a.b", "_c")}
    assert listed_hooks("**Hooks** (so):\n\n| h | w |\n| - | - |\n| `a.b._c` | x |\n\nEnd") == {
        ("a.b", "_c")
    }


@pytest.mark.parametrize("page", ["CONFIGURE.md", "USAGE.md"])
def test_every_label_of_the_fragments_is_on_a_screen(page):
    labels = catalogue()
    for addon in paths.addons():
        path = paths.ROOT / addon / "readme" / page
        found = (
            re.findall(r"(?<!\*)\*([^*\s][^*]*)\*(?!\*)", path.read_text()) if path.exists() else []
        )
        parts = {part for label in found for part in " ".join(label.split()).split(" > ")}
        assert not parts - labels.keys(), f"{addon}/readme/{page}"
        assert addon != "collections_management" or len(parts) > 10


def test_the_readme_begins_with_its_two_commands():
    text = (paths.ROOT / "README.md").read_text()
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL).group(1)
    assert [line.partition("#")[0].strip() for line in block.splitlines()] == [
        "make demo",
        "make test",
    ]
    assert text.index("```sh") < 200


@pytest.mark.parametrize("page", ["README.md", "README.es.md", "docs/architecture.md"])
def test_every_picture_is_there(page):
    path = paths.ROOT / page
    shown = re.findall(r"""(?:src="|!\[[^\]]*\]\()([^")]+)""", path.read_text())
    assert shown
    assert not [name for name in shown if not (path.parent / name).exists()]


@pytest.mark.parametrize("page", ["README.md", "README.es.md"])
def test_every_file_that_the_readme_names_exists(page):
    links = re.findall(r"\]\(([^)#:]+)\)", (paths.ROOT / page).read_text())
    assert len(links) > 6
    assert not [link for link in links if not (paths.ROOT / link).exists()]
