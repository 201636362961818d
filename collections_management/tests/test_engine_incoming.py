import unittest

from odoo.addons.collections_management.engine.incoming import (
    Report,
    find_machine,
    is_mailer,
    read_delivery,
    read_disposition,
)


class TestIncoming(unittest.TestCase):
    def test_a_machine_is_told_by_its_headers(self):
        for headers, reason in (
            ({"auto-submitted": ["auto-replied"]}, "auto_submitted"),
            ({"auto-submitted": ["auto-generated; type=x"]}, "auto_submitted"),
            ({"auto-submitted": ["No"]}, None),
            ({"auto-submitted": ["no; really"]}, None),
            ({"x-auto-response-suppress": ["DR, RN, OOF"]}, "suppress"),
            ({"x-auto-response-suppress": ["None"]}, None),
            ({"x-autoreply": ["yes"]}, "autoreply"),
            ({"x-autorespond": ["holiday"]}, "autoreply"),
            ({"x-autoreply": ["no"]}, None),
            ({"precedence": ["bulk"]}, "precedence"),
            ({"precedence": ["Auto_Reply"]}, "precedence"),
            ({"precedence": ["junk"]}, "precedence"),
            ({"precedence": ["list"]}, None),
            ({"precedence": ["first-class"]}, None),
            ({"return-path": ["<>"]}, "return_path"),
            ({"return-path": [" "]}, "return_path"),
            ({"return-path": ["<ana@debtor.example>"]}, None),
            ({}, None),
        ):
            with self.subTest(headers=headers):
                self.assertEqual(find_machine(headers, "Re: Your account"), reason)

    def test_the_subject_is_the_last_resort(self):
        for subject, reason in (
            ("Automatic reply: Your account", "subject"),
            ("Auto: Your account", "subject"),
            ("AutoReply", "subject"),
            ("Out of Office Re: Your account", "subject"),
            ("[Out of office]", "subject"),
            ("Respuesta automática: Su cuenta", "subject"),
            ("RESPUESTA AUTOMATICA", "subject"),
            ("Fuera de la oficina", "subject"),
            ("Ausente de la oficina", "subject"),
            ("Resposta automática: conta", "subject"),
            ("Re: Automatic reply: Your account", None),
            ("Autorización de pago", None),
            ("Automóvil pagado", None),
            ("Ausencia", None),
            ("", None),
            (None, None),
        ):
            with self.subTest(subject=subject):
                self.assertEqual(find_machine({}, subject), reason)

    def test_a_mail_server_is_told_by_its_name(self):
        for address, expected in (
            ("MAILER-DAEMON@mx.example", True),
            (" postmaster@mx.example", True),
            ("ana@debtor.example", False),
            ("", False),
        ):
            with self.subTest(address=address):
                self.assertEqual(is_mailer(address), expected)

    def test_a_delivery_report_says_what_became_of_the_message(self):
        for arguments, report in (
            (("failed", "5.1.1"), Report("failed", "5.1.1", True)),
            (("failed", "5.1.10 (unknown)"), Report("failed", "5.1.10", True)),
            (("failed", "5.4.1"), Report("failed", "5.4.1", True)),
            (("failed", "5.2.1"), Report("failed", "5.2.1", True)),
            (("failed", "5.0.0"), Report("failed", "5.0.0", True)),
            # Right addresses whose message did not arrive:
            (("failed", "5.2.2"), Report("failed", "5.2.2", False)),  # the box is full
            (("failed", "5.3.4"), Report("failed", "5.3.4", False)),  # too large
            (("failed", "5.4.4"), Report("failed", "5.4.4", False)),  # the network
            (("failed", "5.7.1"), Report("failed", "5.7.1", False)),  # policy
            (("failed", "4.4.7"), Report("failed", "4.4.7", False)),  # expired
            (("Failed ", ""), Report("failed", "", True)),
            (("delayed", "4.4.1"), Report("delayed", "4.4.1")),
            (("delivered", "2.0.0"), Report("delivered", "2.0.0")),
            (("relayed", "2.0.0"), Report("unknown", "2.0.0")),
            (("expanded", ""), Report("unknown")),
            # Reports without an action: the text has to do.
            (("", "", "smtp; 550 5.1.1 no such user"), Report("failed", "5.1.1", True)),
            (("", "", "550 No such user"), Report("failed", "5.0.0", True)),
            (("", "", "452 try again later"), Report("delayed", "4.0.0")),
            (("", "4.2.2"), Report("delayed", "4.2.2")),
            (("", "2.1.5"), Report("unknown", "2.1.5")),
            (("", "", "Undeliverable"), Report("failed", "", True)),
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(read_delivery(*arguments), report)

    def test_a_read_receipt_says_whether_it_was_read(self):
        for disposition, kind in (
            ("manual-action/MDN-sent-manually; displayed", "read"),
            ("automatic-action/MDN-sent-automatically; deleted", "unknown"),
            ("automatic-action/MDN-sent-automatically; displayed/error", "read"),
            ("", "unknown"),
        ):
            with self.subTest(disposition=disposition):
                self.assertEqual(read_disposition(disposition).kind, kind)
