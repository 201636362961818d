A pay link in every message: the debtor sees on his phone what he owes now and pays it through Odoo's providers; a payment under way holds dunning.
