"""A debtor pays by his link in a real browser, on a phone and at a desk."""

import json
import tempfile
import time

from odoo.tests import tagged

from odoo.addons.collections_portal.tests.common import PayLinkHttpCase

from tools.house import node, paths
from tools.screenshots.browser import Browser

SIZES = {390: 844, 1400: 900}
PICTURES = paths.LOCAL / "pictures"
WIDER = "document.documentElement.scrollWidth > window.innerWidth + 1"
IS_LOADED = (
    "document.readyState === 'complete' && [...document.images].every((image) => image.complete)"
)
CHECK = """
(async () => {
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
    const { violations } = await axe.run({ include: [".page"] }, { runOnly });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(" | "))
    );
})()
"""
SMALL = """
[...document.querySelectorAll(".page :is(button, summary, .item input + label)")]
    .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 43.5)
    .map((element) => element.outerHTML.slice(0, 200))
"""


class PageBrowser(Browser):
    """A browser of pages that are not Odoo's client: they rest once they are loaded."""

    def rest(self):
        time.sleep(0.5)
        self._wait(lambda: self.run(IS_LOADED), "a page")


@tagged("post_install", "-at_install")
class TestPayLinkBrowser(PayLinkHttpCase):
    """Odoo's tours need Odoo's client, which this page does without."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        node.ensure()
        cls.axe = (paths.NODE / "node_modules/axe-core/axe.min.js").read_text()
        cls.create_invoice(80, days_overdue=70)
        cls.create_invoice(30, move_type="out_refund")
        cls.refresh()

    def look(self, browser, name, width, *, own=True):
        """See that the page fits, is for everybody, and keep a picture of it."""
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"pay_link_{name}_{width}.png").write_bytes(browser.picture())
        self.assertFalse(browser.run(WIDER), f"{name}: wider than the screen")
        if own:
            browser.run(self.axe)
            self.assertEqual(browser.run(CHECK), [], name)
            self.assertEqual(browser.run(SMALL), [], name)

    def visit(self, browser, width):
        browser.resize(width, SIZES[width])
        browser.set_cookies(self.base_url(), {"test_request_key": self.http_request_key})
        browser.open(f"{self.base_url()}/c/{self.token}")

    def choose(self, browser, *invoices):
        """Have exactly these ticked."""
        wanted = [str(line.id) for invoice in invoices for line in self.get_receivable(invoice)]
        browser.run(
            f"document.querySelectorAll('input[name=i]').forEach((box) => {{"
            f" if (box.checked !== {json.dumps(wanted)}.includes(box.value)) {{ box.click(); }} }})"
        )

    def pay_in_browser(self, width):
        self.token = self.create_contact(state="sent")._get_pay_suffix()
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.env.flush_all()
        with self.allow_requests(), PageBrowser(folder.name) as browser:
            self.visit(browser, width)
            self.assertIn("1,250.00", browser.run("document.querySelector('.total').innerText"))
            self.look(browser, "page", width)
            self.choose(browser)
            self.assertTrue(browser.run("document.querySelector('.bar button').disabled"))
            self.choose(browser, self.old, self.late)
            self.assertIn("1,170.00", browser.run("document.querySelector('.bar').innerText"))
            browser.click(".bar button")
            self.assertIn("/pay?", browser.run("location.href"))
            browser._wait(
                lambda: browser.run(
                    "!document.querySelector('[name=o_payment_submit_button]').disabled"
                ),
                "the payment form",
            )
            self.look(browser, "form", width, own=False)
            browser.run("document.getElementById('customer_input').value = '4111'")
            browser.click("[name=o_payment_submit_button]")
            browser._wait(
                lambda: browser.run("location.pathname") == f"/c/{self.token}", "the way back"
            )
            browser.rest()
            self.assertIn("Thank you", browser.run("document.querySelector('.state').innerText"))
            self.assertIn("80.00", browser.run("document.querySelector('.bar').innerText"))
            self.look(browser, "paid", width)
            self.env.invalidate_all()
            self.pay(self.env["account.move"].search(
                [("partner_id", "=", self.debtor.id), ("amount_residual", ">", 0),
                 ("move_type", "=", "out_invoice")]))  # fmt: skip
            self.env.flush_all()
            self.visit(browser, width)
            self.look(browser, "nothing", width)
        self.assertEqual([self.old.amount_residual, self.late.amount_residual], [0, 0])
        self.assertEqual(self.case.amount_overdue, 80)

    def test_on_a_phone(self):
        self.pay_in_browser(390)

    def test_at_a_desk(self):
        self.pay_in_browser(1400)
