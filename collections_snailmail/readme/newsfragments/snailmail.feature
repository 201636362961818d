Letters that are due, or a printed batch, can be posted by Odoo's snailmail: Settings > Collections turns it on.
