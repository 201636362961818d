An answer by e-mail lands on the debtor's case, also when it comes to a company's alias without quoting
anything: it pauses automatic messages, goes to the collector's desk and into the log. Automatic replies are
kept and never count as answers. What nobody can place waits under *Contacts > Unidentified E-mail*.
A bounce fails its contact, takes the address out of use until it is corrected, and asks for the right contact.
Persons of a debtor have roles; a step says which role it writes to, in that person's language.
A segment can thank debtors who have paid all that was overdue, once and by the same rules as every message;
collectors are told of each payment that follows a contact.
