"""The debtors as Odoo partners."""

from . import company


def create(env, plan, term_ids):
    """Create every debtor with its contacts."""
    vals_list = [_values(env, debtor.person) for debtor in plan.debtors]
    partners = env["res.partner"].create(vals_list)
    for number, firm in enumerate(company.companies(env)):
        for debtor, partner in zip(plan.debtors, partners.with_company(firm), strict=True):
            if number in debtor.companies:
                partner.property_payment_term_id = term_ids[debtor.term]
    return partners


def by_index(env, plan):
    """Return the partner ids in the order of the plan's debtors."""
    codes = [debtor.person.code for debtor in plan.debtors]
    partners = env["res.partner"].with_context(active_test=False).search([("ref", "in", codes)])
    found = {partner.ref: partner.id for partner in partners}
    return [found[code] for code in codes]


def marked(env, plan, mark):
    """Return the partners that carry a mark."""
    codes = [debtor.person.code for debtor in plan.debtors if mark in debtor.person.marks]
    return env["res.partner"].with_context(active_test=False).search([("ref", "in", codes)])


def archive(env, plan):
    """Archive the debtor that is no customer any more, debt and all."""
    debtor = marked(env, plan, "archived")
    (debtor + debtor.child_ids).action_archive()


def _values(env, person):
    country = env.ref(f"base.{person.country}") if person.country else env["res.country"]
    district = env.ref(person.district, raise_if_not_found=False) if person.district else None
    return {
        "ref": person.code,
        "company_id": False,
        "customer_rank": 1,
        "name": person.name,
        "is_company": person.is_company,
        "country_id": country.id,
        "state_id": env.ref(person.state).id if person.state else False,
        "city": person.city,
        "street": person.street,
        **({"l10n_pe_district": district.id, "city_id": district.city_id.id} if district else {}),
        "vat": person.vat,
        "l10n_latam_identification_type_id": env.ref(person.id_type or "l10n_latam_base.it_vat").id,
        "phone": person.phone,
        "email": person.email,
        "lang": person.language or False,
        "tz": person.time_zone or False,
        "child_ids": [(0, 0, _contact(contact)) for contact in person.contacts],
    }


def _contact(contact):
    return {
        "name": contact.name,
        "type": "contact",
        "function": contact.code,
        "phone": contact.phone,
        "email": contact.email,
        "lang": contact.language,
    }
