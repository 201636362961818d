Statement of account of a debtor or of many, from the case, the customer and their lists: movements and open documents as of any day, as PDF, spreadsheet or e-mail.
