"""Who the debtors are: names, addresses, documents, phones. Pure and deterministic."""

import random
import re
import unicodedata
from dataclasses import dataclass, field, replace

from stdnum.cl import rut
from stdnum.co import nit
from stdnum.es import cif

from . import names

LANGUAGE = "es_419"
TIME_ZONE = "America/Lima"


@dataclass(frozen=True)
class Person:
    """A debtor, or one of its contacts."""

    code: str
    name: str
    is_company: bool = True
    country: str = "pe"
    state: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    id_type: str = ""  # xmlid of the type of document
    vat: str = ""
    phone: str = ""
    email: str = ""
    language: str = LANGUAGE
    time_zone: str = TIME_ZONE
    marks: tuple = ()
    contacts: tuple = field(default=())


def make(index, profile, seed, marks=()):
    """Return debtor number `index`: the same for the same seed, whatever the size."""
    rng = random.Random(f"{seed}/person/{index}")
    person = _abroad(rng, index) if profile.kind == "abroad" else _peruvian(rng, index, profile)
    for mark in marks:
        person = _marked(person, mark)
    return person


def ruc(prefix, rng):
    """Return a Peruvian tax number with a right check digit; the prefix is 10 or 20."""
    digits = f"{prefix}{rng.randrange(10**8):08d}"
    total = sum(int(a) * int(b) for a, b in zip("5432765432", digits, strict=True))
    check = 11 - total % 11
    return f"{digits}{ {10: 0, 11: 1}.get(check, check) }"


def _peruvian(rng, index, profile):
    district = rng.choices(names.DISTRICTS, [row[-1] for row in names.DISTRICTS])[0]
    code, department, city, district_name, _weight = district
    is_person = profile.kind == "person"
    name = _name(rng, profile.kind, index)
    return Person(
        code=f"C{index + 1:05d}",
        name=name,
        is_company=not is_person,
        state=f"base.state_pe_{department}",
        city=f"{district_name}, {city}" if district_name != city else city,
        district=f"l10n_pe.district_pe_{code}",
        street=f"{rng.choice(names.STREETS)} {rng.randrange(100, 2900)}",
        id_type="l10n_pe.it_DNI" if is_person else "l10n_pe.it_RUC",
        vat=f"{rng.randrange(10**7, 8 * 10**7):08d}" if is_person else ruc("20", rng),
        phone=_mobile(rng),
        email=f"{_slug(name, 24, '.')}@correo.example" if is_person else _mail(name, index),
        contacts=() if is_person else _contacts(rng, name, index),
    )


def _abroad(rng, index):
    country, state, city, zone, language, dial, length, firms = rng.choice(names.ABROAD)
    firm, form = rng.choice(firms).rsplit(" ", 1)
    name = f"{firm} {rng.choice(names.PLACES)} {form}" if index % 3 else f"{firm} {form}"
    rest = "".join(str(rng.randrange(10)) for _ in range(length))
    id_type, vat = _foreign_number(rng, country)
    return Person(
        code=f"C{index + 1:05d}",
        name=name,
        country=country,
        state=state,
        city=city,
        street=f"{rng.randrange(10, 990)} {'Main Street' if country == 'us' else 'Calle Mayor'}",
        id_type=id_type,
        vat=vat,
        phone=f"{dial}{rest}",
        email=_mail(name, index),
        language=language,
        time_zone=zone,
        contacts=_contacts(rng, name, index, language=language, phones=False),
    )


def _foreign_number(rng, country):
    """Return (type of document, number); with a check digit where the country has one."""
    if country == "cl":
        body = f"{rng.randrange(76_000_000, 77_999_999)}"
        return "l10n_latam_base.it_vat", f"{body}-{rut.calc_check_digit(body)}"
    if country == "co":
        body = f"{rng.randrange(900_000_000, 901_999_999)}"
        return "l10n_latam_base.it_vat", f"{body}{nit.calc_check_digit(body)}"
    if country == "es":
        body = f"B{rng.randrange(10**6, 10**7):07d}"
        return "l10n_latam_base.it_vat", f"ES{body}{cif.calc_check_digits(body)[0]}"
    return "l10n_latam_base.it_fid", f"{rng.randrange(10**9, 10**10)}"


def _name(rng, kind, index):
    if kind == "person":
        return " ".join((rng.choice(names.FIRST_NAMES), *rng.sample(names.LAST_NAMES, 2)))
    place = rng.choice(names.PLACES)
    if kind == "public":
        return rng.choice(names.PUBLIC_BODIES).format(place=place)
    if kind == "retail":
        return names.RETAIL_CHAINS[index % len(names.RETAIL_CHAINS)].format(place=place)
    if rng.random() < 0.25:
        place = f"{place} {rng.choice(names.LAST_NAMES)}"
    return f"{rng.choice(names.TRADES)} {place} {rng.choice(names.FORMS)}"


def _contacts(rng, name, index, language=LANGUAGE, phones=True):
    """Return up to two people who work there; most debtors have one."""
    contacts = []
    for number in range(rng.choice((0, 1, 1, 1, 2))):
        person = f"{rng.choice(names.FIRST_NAMES)} {rng.choice(names.LAST_NAMES)}"
        contacts.append(
            Person(
                code=rng.choice(names.ROLES) if number else names.ROLES[0],
                name=person,
                is_company=False,
                phone=_mobile(rng) if phones else "",
                email=_mail(name, index, _slug(person, 20, ".")),
                language=language,
            )
        )
    return tuple(contacts)


def _marked(person, mark):
    """Apply one of `profiles.MARKS` to a person."""
    changes = {
        "no_email": {"email": "", "contacts": ()},
        "no_phone": {"phone": ""},
        "no_language": {"language": ""},
        "no_country": {
            "country": "",
            "state": "",
            "district": "",
            "time_zone": "",
            "id_type": "",
            "vat": "",
        },
        "no_contact_data": {"email": "", "phone": "", "contacts": ()},
        "shared_email": {"email": "estudio.contable@compartido.example"},
        "html_name": {"name": 'Comercial <b>"Rápido"</b> & Hijos <i>S.A.C.</i>'},
        "long_name": {"name": _long_name()},
        "english": {"language": "en_US"},
    }
    return replace(person, marks=(*person.marks, mark), **changes.get(mark, {}))


def _long_name():
    members = ", ".join(f"Comunidad Campesina {place}" for place in names.PLACES[:20])
    return f"Asociación de Productores Agropecuarios de {members}"[:500]


def _mobile(rng):
    digits = f"9{rng.randrange(10**8):08d}"
    return f"+51 {digits[:3]} {digits[3:6]} {digits[6:]}"


def _mail(name, index, user="pagos"):
    return f"{user}@{_slug(name, 28)}{index + 1}.example"


def _slug(text, length, separator=""):
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return separator.join(re.findall(r"[a-z0-9]+", plain))[:length].strip(".")
