"""What the end-to-end tests and the tests of the tools share."""

import os

import pytest

from tools.house import paths, templates


@pytest.fixture
def fresh_db():
    """Return a function that makes a database with the addons installed; all are dropped after."""
    made = []

    def make(suffix, modules=None, *, demo=False):
        name = f"test_{os.getpid()}_{suffix}"
        made.append(name)
        return templates.fresh_db(name, paths.addons() if modules is None else modules, demo=demo)

    yield make
    for name in made:
        templates.drop_db(name)
