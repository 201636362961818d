from odoo.tests import BaseCase

from ..engine.connection import is_safe


class TestConnection(BaseCase):
    def test_where_a_secret_may_be_sent(self):
        for url, safe in (
            ("https://api.example.com/v1", True),
            ("http://127.0.0.1:8080/v1", True),
            ("http://localhost", True),
            ("http://[::1]:8080", True),
            ("http://api.example.com", False),
            ("http://10.0.0.1", False),
            ("https://", False),
            ("https://user:secret@api.example.com", False),
            ("https://api.example.com?key=1", False),
            ("https://[::1", False),
            ("https://api.example.com:0", False),
            ("https://api.example.com:99999", False),
            ("ftp://127.0.0.1", False),
            ("", False),
            (None, False),
        ):
            with self.subTest(url=url):
                self.assertEqual(is_safe(url), safe)

    def test_a_link_to_a_file_may_have_a_query_and_nothing_else_more(self):
        for url, safe in (
            ("https://files.example.com/a?id=1", True),
            ("https://user@files.example.com/a?id=1", False),
            ("http://files.example.com/a?id=1", False),
        ):
            with self.subTest(url=url):
                self.assertEqual(is_safe(url, query=True), safe)
