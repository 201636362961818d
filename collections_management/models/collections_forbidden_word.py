from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import wording


class CollectionsForbiddenWord(models.Model):
    """Words that a text to a debtor should not have, why, and what to say instead."""

    _name = "collections.forbidden.word"
    _description = "Word not to Use"
    _order = "lang, pattern"
    _rec_name = "pattern"

    pattern = fields.Char(
        "Words", required=True,
        help="Case and accents do not matter; * stands for the rest of a word, as in embarg*.",
    )  # fmt: skip
    active = fields.Boolean(default=True)
    lang = fields.Selection(
        [("es", "Spanish"), ("pt", "Portuguese"), ("en", "English")],
        "Language",
        help="Empty: in every language.",
    )
    country_ids = fields.Many2many("res.country", string="Countries", help="Empty: everywhere.")
    why = fields.Char(required=True, translate=True)
    citation = fields.Char("Law or Policy", translate=True)
    suggestion = fields.Char("Instead", translate=True)

    _pattern_unique = models.UniqueIndex(
        "(pattern, COALESCE(lang, ''))", "These words are on the list already."
    )

    @api.constrains("pattern")
    def _check_pattern(self):
        for word in self:
            try:
                wording.compile_pattern(word.pattern)
            except ValueError:
                raise ValidationError(
                    self.env._("%(words)s: write at least one word.", words=word.pattern)
                ) from None

    @api.model
    def _find(self, text, lang=None, countries=None):
        """Return what a text should not say: ``[{"word", "piece", "sentence"}]``.

        :param str text: plain or HTML
        :param str lang: as ``es_PE``; None: words of every language
        :param countries: ``res.country``; words of other countries are left out; None: all
        """
        own = [("lang", "in", (False, lang.split("_")[0]))] if lang else [("pattern", "!=", False)]
        words = self.sudo().search(own)
        if countries is not None:
            words = words.filtered(
                lambda word: not word.country_ids or word.country_ids & countries
            )
        hits = wording.find(text or "", [(word, word.pattern) for word in words])
        return [
            {"word": word.with_env(self.env), "piece": piece, "sentence": word._explain(piece)}
            for word, piece in hits
        ]

    def _explain(self, piece):
        """Return why these words, as written, should not be there."""
        self.ensure_one()
        why = f"{self.why} ({self.citation})" if self.citation else self.why
        values = {"piece": piece, "why": why, "suggestion": self.suggestion}
        if self.suggestion:
            return self.env._("“%(piece)s”: %(why)s. Better: %(suggestion)s", **values)
        return self.env._("“%(piece)s”: %(why)s", **values)
