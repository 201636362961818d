from odoo.tests import HttpCase, tagged


def get_suite_id(name):
    """Return the id that the test page gives to a suite of that name."""
    number = 0
    for letter in name:
        number = ((number << 5) - number + ord(letter)) & 0xFFFFFFFF
    return f"{number:08x}"


class WebCase(HttpCase):
    """The unit tests of the components, run in a browser."""

    suite = "@collections_management"

    def run_components(self, preset, *tags):
        suite = get_suite_id(self.suite)
        page = f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000&id={suite}"
        self.browser_js(
            "".join([page, *(f"&tag={tag}" for tag in tags)]),
            code="",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
        )


@tagged("post_install", "-at_install")
class TestWebOnADesk(WebCase):
    def test_components(self):
        self.run_components("desktop")


@tagged("post_install", "-at_install")
class TestWebOnAPhone(WebCase):
    browser_size = "375x667"
    touch_enabled = True

    def test_components(self):
        self.run_components("mobile", "-headless")
