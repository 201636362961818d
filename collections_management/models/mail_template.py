import ast
import secrets
from html.parser import HTMLParser

from lxml import html

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.rendering_tools import parse_inline_template, render_inline_template

from odoo.addons.base.models.ir_qweb import VOID_ELEMENTS, QWebError

from .collections_step import TONES

MODEL = "collections.contact"
EXPRESSIONS = ("t-out", "t-esc", "t-if", "t-elif", "t-foreach", "t-value")


class TextError(Exception):
    """What is wrong in a text: the piece of it, and why."""

    def __init__(self, piece, reason):
        super().__init__(piece, reason)
        self.piece = piece
        self.reason = reason


class TagChecker(HTMLParser):
    """Finds elements with a directive that are opened and never closed: parsing would close them
    at a guessed place."""

    def __init__(self, source):
        super().__init__()
        self.opened = []
        self.unclosed = []
        self.feed(source)
        self.close()
        self.unclosed += [text for _tag, text, directive in self.opened if directive]

    def handle_starttag(self, tag, attrs):
        if tag not in VOID_ELEMENTS:
            directive = tag == "t" or any(name.startswith("t-") for name, _value in attrs)
            self.opened.append((tag, self.get_starttag_text(), directive))

    def handle_startendtag(self, tag, attrs):
        """Nothing to close."""

    def handle_endtag(self, tag):
        if not any(entry[0] == tag for entry in self.opened):
            return
        while (entry := self.opened.pop())[0] != tag:
            if entry[2]:
                self.unclosed.append(entry[1])


class MailTemplate(models.Model):
    _inherit = "mail.template"

    collections_tone = fields.Selection(
        TONES, string="Tone", help="In which tone this text speaks to a debtor."
    )

    # -- rendering many letters ------------------------------------------------------------------

    def _render_letters(self, contacts):
        """Render the text for many contacts, in the language of the context.

        The text is compiled once for all of them. One that sets variables is rendered contact by
        contact, so that nothing of one debtor can reach the next.

        :return: ``{contact id: (subject, body)}``
        :raise UserError: naming the text that cannot be rendered
        """
        self.ensure_one()
        source = self.body_html or ""
        subjects = self._render_field("subject", contacts.ids)
        if len(contacts) > 1 and "t-set" not in source and "t-foreach" not in source:
            bodies = self._render_bodies(contacts, source)
        else:
            bodies = self._render_field("body_html", contacts.ids)
        return {
            contact.id: (subjects[contact.id] or "", bodies[contact.id]) for contact in contacts
        }

    def _render_bodies(self, contacts, source):
        """Return ``{contact id: body}`` of one QWeb rendering."""
        node = html.fragment_fromstring(str(source), create_parent="t")
        node.set("t-foreach", "letter_contacts")
        node.set("t-as", "object")
        node.append(html.Element("t", {"t-out": "letter_border"}))
        root = html.Element("t")
        root.append(node)
        border = secrets.token_hex(16)  # between two letters; nobody can put it in a name
        values = {
            **self._render_eval_context(),
            "letter_contacts": contacts.with_context(lang=self.env.lang),
            "letter_border": border,
        }
        try:
            rendered = self.env["ir.qweb"]._render(root, values)
        except Exception as error:
            raise UserError(
                self.env._(
                    "The text “%(text)s” cannot be rendered: %(reason)s",
                    text=self.name,
                    reason=_explain(error),
                )
            ) from error
        rendered = self._replace_local_links(rendered, contacts[:1].get_base_url())
        *bodies, _rest = rendered.split(border)
        return dict(zip(contacts.ids, bodies, strict=True))

    # -- refusing what cannot be rendered --------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        model_id = self.env["ir.model"]._get_id(MODEL)
        for vals in vals_list:
            if vals.get("model_id") == model_id:
                self._check_closed(vals)
        return super().create(vals_list)

    def write(self, vals):
        if MODEL in self.mapped("model"):
            self._check_closed(vals)
        return super().write(vals)

    def _check_closed(self, vals):
        """Refuse a body with an unclosed directive before the HTML parser closes it by guess."""
        unclosed = TagChecker(str(vals.get("body_html") or "")).unclosed
        if unclosed:
            name = vals.get("name") or self[:1].name or ""
            raise self._get_text_error(
                name, "body_html", TextError(unclosed[0], self.env._("it is never closed"))
            )

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        for lang in translations:
            self.with_context(lang=lang)._check_can_be_rendered([field_name])
        return result

    def _check_can_be_rendered(self, fnames=None, render_options=None):
        """Check the texts to debtors on a sample too, and every expression they hold: there may be
        no contact yet, and a sample does not enter every branch."""
        letters = self.filtered(lambda template: template.sudo().model_id.model == MODEL)
        dynamic = self._get_dynamic_field_names()
        sample = letters and self.env[MODEL].sudo().new({"company_id": self.env.company.id})
        for template in letters:
            for fname in dynamic & set(fnames) if fnames else dynamic:
                try:
                    template._check_text(fname, sample)
                except TextError as error:
                    raise self._get_text_error(template.name, fname, error) from error
        return super(MailTemplate, self - letters)._check_can_be_rendered(fnames, render_options)

    def _get_text_error(self, name, fname, error):
        return ValidationError(
            self.env._(
                "The text “%(text)s” cannot be saved. In its %(field)s, “%(piece)s”: %(reason)s",
                text=name,
                field=self._fields[fname]._description_string(self.env),
                piece=error.piece,
                reason=error.reason,
            )
        )

    def _check_text(self, fname, sample):
        """Check one field of one text.

        :raise TextError: with the piece that is wrong
        """
        source = str(self[fname] or "")
        if not source:
            return
        values = {**self._render_eval_context(), "object": sample}
        if fname == "body_html":
            node = html.fragment_fromstring(source, create_parent="div")
            for expression in _get_expressions(node):
                self._check_expression(expression, sample)
            try:
                self.env["ir.qweb"]._render(node, values)
            except Exception as error:
                raise TextError(_get_piece(error), _explain(error)) from error
            return
        for literal, expression, default in parse_inline_template(source):
            for brace in ("{{", "}}"):
                if brace in literal:
                    raise TextError(literal.strip(), self.env._("its braces are not closed"))
            if expression:
                self._check_expression(expression, sample)
                try:
                    render_inline_template([("", expression, default)], values)
                except Exception as error:
                    raise TextError(expression, _explain(error)) from error

    def _check_expression(self, expression, sample):
        """Check the syntax of an expression, and that every ``object.a.b`` in it exists."""
        try:
            tree = ast.parse(expression.strip(), mode="eval")
        except (SyntaxError, ValueError) as error:
            raise TextError(expression, self.env._("it is not an expression")) from error
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and (path := _get_path(node)):
                self._check_path(path, sample)

    def _check_path(self, path, sample):
        records = sample
        for index, name in enumerate(path):
            if not isinstance(records, models.BaseModel):
                return
            field = records._fields.get(name)
            if not field and not hasattr(type(records), name):
                raise TextError(
                    ".".join(("object", *path[: index + 1])),
                    self.env._(
                        "“%(model)s” has no field “%(name)s”",
                        model=records._description,
                        name=name,
                    ),
                )
            records = self.env[field.comodel_name] if field and field.relational else None


def _get_path(node):
    """Return the names of ``object.a.b`` as ``["a", "b"]``; None when it starts elsewhere."""
    names = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return names if isinstance(node, ast.Name) and node.id == "object" else None


def _get_expressions(node):
    """Return the Python expressions of a QWeb body."""
    for element in node.iter(html.etree.Element):
        for name, value in element.attrib.items():
            if name in EXPRESSIONS or name.startswith("t-att-") or name == "t-att":
                yield value
            elif name.startswith("t-attf-"):
                yield from (part[1] for part in parse_inline_template(value) if part[1])


def _get_piece(error):
    """Return the element of a body in which an error happened."""
    found = getattr(error, "qweb", None)
    return (found and found.element) or ""


def _explain(error):
    """Return the first line of what an error says, without the code around it."""
    if isinstance(error, QWebError) and error.__cause__:
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
