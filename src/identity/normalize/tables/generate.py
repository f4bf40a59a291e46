#!/usr/bin/env python3
"""Writes countries.rs and months.rs from Unicode CLDR (through Babel) and ISO 3166-1 (through pycountry).

    python3 -m venv venv && venv/bin/pip install babel pycountry && venv/bin/python generate.py

Countries: the English names, the names in the 24 official languages of the European Union and in Norwegian,
Turkish, Ukrainian and Russian, the names in each country's own official languages, ISO's names, and the aliases below.
A name that means two countries in two languages is left out, unless one of them is English or the country's own.
"""
import os
import unicodedata
from collections import defaultdict
import babel
from babel import Locale
from babel.languages import get_official_languages
import pycountry

HERE = os.path.dirname(os.path.abspath(__file__))
EU = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv".split()
LANGUAGES = EU + ["nb", "tr", "uk", "ru"]
ALIASES = {
    "us": ["usa", "unitedstatesofamerica", "theunitedstates", "theunitedstatesofamerica", "us of america", "stany zjednoczone ameryki"],
    "gb": ["uk", "great britain", "britain", "england", "scotland", "wales", "northern ireland",
           "united kingdom of great britain", "the united kingdom", "wielka brytania", "anglia", "grossbritannien"],
    "gr": ["el", "hellas", "ellada"], "nl": ["holland", "the netherlands"], "cz": ["czech republic", "the czech republic", "ceska republika"],
    "ru": ["russian federation"], "kr": ["south korea", "republic of korea", "korea republic", "korea south"],
    "kp": ["north korea", "dpr korea", "democratic peoples republic of korea"], "ci": ["ivory coast"], "cv": ["cape verde"],
    "sz": ["swaziland"], "mm": ["burma"], "mk": ["macedonia", "fyrom"], "va": ["vatican", "holy see"], "tl": ["east timor"],
    "hk": ["hong kong", "hong kong sar"], "mo": ["macau", "macao"], "tw": ["taiwan"], "vn": ["vietnam"], "sy": ["syria"],
    "ir": ["iran"], "la": ["laos"], "bo": ["bolivia"], "ve": ["venezuela"], "tz": ["tanzania"], "md": ["moldova"],
    "bn": ["brunei"], "cd": ["democratic republic of the congo", "dr congo", "drc"], "cg": ["republic of the congo"],
    "bs": ["the bahamas"], "gm": ["the gambia"], "ph": ["the philippines"], "ae": ["uae", "emirates"], "tr": ["turkey", "turkiye"],
    "ie": ["republic of ireland", "eire"], "ps": ["palestine"], "sk": ["slovak republic"], "sa": ["ksa", "saudi arabia"],
    "cn": ["peoples republic of china", "mainland china", "prc"], "de": ["federal republic of germany", "brd"],
    "ch": ["swiss confederation"], "pl": ["rzeczpospolita polska", "republic of poland"],
}


def fold(text):
    """Letters and digits only, lowercase, without marks: what country.rs does with a cell."""
    text = unicodedata.normalize("NFKD", text.lower().replace("ς", "σ"))
    return unicodedata.normalize("NFC", "".join(c for c in text if c.isalnum()))


def countries():
    assigned = {c.alpha_2.lower(): c for c in pycountry.countries}
    strong, weak = defaultdict(set), defaultdict(set)
    locales = {}

    def locale(name):
        if name not in locales:
            try:
                locales[name] = Locale.parse(name)
            except Exception:
                locales[name] = None
        return locales[name]

    for code, iso in assigned.items():
        names = [iso.name, getattr(iso, "common_name", None), getattr(iso, "official_name", None)]
        if "," in iso.name:
            head, tail = iso.name.split(",", 1)
            names.append(f"{tail.strip()} {head}")
        own = [language.replace("-", "_") for language in get_official_languages(code.upper(), de_facto=True, regional=False)]
        for language in ["en"] + own:
            found = locale(language)
            if found:
                names.append(found.territories.get(code.upper()))
        for name in names + ALIASES.get(code, []):
            if name:
                strong[fold(name)].add(code)
        for language in LANGUAGES:
            name = locale(language).territories.get(code.upper())
            if name:
                weak[fold(name)].add(code)
    table = {}
    for name, codes in list(weak.items()) + list(strong.items()):
        if len(codes) == 1 and (len(name) > 2 or len(name) == 2 and not name.isascii()):
            table[name] = next(iter(codes))
        elif name in table:
            del table[name]
    for code, aliases in ALIASES.items():
        for alias in aliases:
            table[fold(alias)] = code
    # These mean more than one country.
    for name in ("korea", "congo", "america"):
        table.pop(name, None)
    for code, iso in assigned.items():
        table[iso.alpha_3.lower()] = code
    codes = sorted((c.alpha_2.lower(), c.alpha_3.lower(), int(c.numeric)) for c in assigned.values())
    return codes, sorted(table.items(), key=lambda item: item[0].encode())


def months():
    strong = defaultdict(set)
    for language in LANGUAGES:
        data = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in data[context][width].items():
                    name = fold(name)
                    if len(name) >= 3 and not any(c.isdigit() for c in name):
                        strong[name].add(number)
    for number, name in enumerate("sept".split(), 9):
        strong[name].add(number)
    return sorted(((n, next(iter(m))) for n, m in strong.items() if len(m) == 1), key=lambda item: item[0].encode())


def lines(items, width=108):
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            yield line
            line = "   "
        line += f" {item},"
    yield line


def quote(text):
    return '"' + text + '"'


NOTICE = """// Written by generate.py from Unicode CLDR (Babel {babel}) and ISO 3166-1 (pycountry). Do not edit.
// CLDR data: Copyright (c) 1991-2026 Unicode, Inc., Unicode License V3, https://www.unicode.org/license.txt
"""


def main():
    notice = NOTICE.format(babel=babel.__version__)
    codes, names = countries()
    with open(os.path.join(HERE, "countries.rs"), "w") as out:
        out.write("//! Countries by code and by name.\n\n" + notice + "\n")
        out.write("/// Alpha-2, alpha-3 and number of every assigned country, by alpha-2.\n#[rustfmt::skip]\n")
        out.write(f"pub(crate) static CODES: [(&str, &str, u16); {len(codes)}] = [\n")
        out.write("\n".join(lines(f'("{a}", "{b}", {n})' for a, b, n in codes)) + "\n];\n\n")
        out.write("/// Folded names and the country, sorted by the bytes of the name.\n#[rustfmt::skip]\n")
        out.write(f"pub(crate) static NAMES: [(&str, &str); {len(names)}] = [\n")
        out.write("\n".join(lines(f'({quote(n)}, "{c}")' for n, c in names)) + "\n];\n")
    table = months()
    with open(os.path.join(HERE, "months.rs"), "w") as out:
        out.write("//! Months by name.\n\n" + notice + "\n")
        out.write("/// Folded names and short names, sorted by their bytes, and the number of the month.\n#[rustfmt::skip]\n")
        out.write(f"pub(crate) static MONTHS: [(&str, u8); {len(table)}] = [\n")
        out.write("\n".join(lines(f'({quote(n)}, {m})' for n, m in table)) + "\n];\n")
    print(len(codes), "countries", len(names), "names", len(table), "months")


main()
