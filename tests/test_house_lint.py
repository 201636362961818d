"""Every linter is a test, so that the last line of the run tells all there is to tell."""

import pytest

from tools.house import lint


@pytest.mark.parametrize("name", sorted(lint.commands()))
def test_linter_passes(name):
    result = lint.result_of(name)
    assert not result["code"], f"{name} says:\n{result['output']}"
