#!/usr/bin/env python3
"""Writes plans.rs, the numbering plans of the world, from libphonenumber's metadata (through pip phonenumbers), and the
rows that the parser is tested against.

    python3 -m venv venv && venv/bin/pip install phonenumbers && venv/bin/python generate.py

Patterns of whole national numbers become one minimal automaton over the ten digits that all countries share. Patterns of
prefixes, which need groups and the order of alternatives, become programs of a small matcher.
"""
import os
import random
import re
import sys
from re import _constants as c, _parser as parser

import phonenumbers as p
from phonenumbers import PhoneMetadata

sys.setrecursionlimit(100000)
HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "../../../tests/data/normalize/phone_golden.tsv")
ALL = 0x3FF
MAX_LENGTH = 17
NONE = 0xFFFF
TYPES = "premium_rate toll_free shared_cost voip personal_number pager uan voicemail fixed_line mobile".split()


# A pattern as a tree: ("d", mask), ("cat", [..]), ("alt", [..]), ("opt", x), ("group", n, x), ("end",)
def tree(pattern):
    return from_parsed(parser.parse(pattern))


def from_parsed(parsed):
    return ("cat", [item(op, av) for op, av in parsed])


def item(op, av):
    if op is c.LITERAL:
        return ("d", 1 << int(chr(av)))
    if op is c.IN:
        mask = 0
        for kind, value in av:
            if kind is c.LITERAL:
                mask |= 1 << int(chr(value))
            elif kind is c.RANGE:
                for code in range(value[0], value[1] + 1):
                    mask |= 1 << int(chr(code))
            elif kind is c.CATEGORY:
                mask = ALL
            else:
                raise ValueError(kind)
        return ("d", mask)
    if op is c.CATEGORY:
        return ("d", ALL)
    if op is c.MAX_REPEAT:
        low, high, body = av
        if high is c.MAXREPEAT:
            raise ValueError("unbounded")
        body = from_parsed(body)
        tail = ("cat", [])
        for _ in range(high - low):
            tail = ("opt", ("cat", [body, tail]))
        return ("cat", [body] * low + [tail])
    if op is c.SUBPATTERN:
        group, _, _, body = av
        body = from_parsed(body)
        return ("group", group, body) if group else body
    if op is c.BRANCH:
        return ("alt", [from_parsed(branch) for branch in av[1]])
    if op is c.AT and av is c.AT_END:
        return ("end",)
    raise ValueError((op, av))


class Positions:
    """Glushkov's construction: a state is the set of positions that may have matched the last digit."""

    def __init__(self, pattern):
        self.masks, self.follow = [], []
        self.nullable, self.first, last = self.build(tree(pattern))
        self.last = frozenset(last)

    def build(self, node):
        kind = node[0]
        if kind == "d":
            self.masks.append(node[1])
            self.follow.append(set())
            at = len(self.masks) - 1
            return False, {at}, {at}
        if kind == "cat":
            nullable, first, last = True, set(), set()
            for child in node[1]:
                n, f, l = self.build(child)
                for at in last:
                    self.follow[at] |= f
                if nullable:
                    first |= f
                last = last | l if n else l
                nullable &= n
            return nullable, first, last
        if kind == "alt":
            parts = [self.build(child) for child in node[1]]
            return any(x[0] for x in parts), set().union(*(x[1] for x in parts)), set().union(*(x[2] for x in parts))
        if kind == "opt":
            _, first, last = self.build(node[1])
            return True, first, last
        if kind == "group":
            return self.build(node[2])
        raise ValueError(kind)

    def start(self):
        return frozenset(at for at in self.first)

    def step(self, waiting, digit):
        """(positions matched, positions that may come next)"""
        matched = frozenset(at for at in waiting if self.masks[at] >> digit & 1)
        following = frozenset().union(*(self.follow[at] for at in matched)) if matched else frozenset()
        return bool(matched & self.last), following


class Automaton:
    """Nodes of all languages, shared. Node 0 accepts nothing."""

    def __init__(self):
        self.nodes = [(False, (0,) * 10)]
        self.known = {self.nodes[0]: 0}

    def node(self, accept, children):
        key = (accept, children)
        if key == self.nodes[0]:
            return 0
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(key)
        return self.known[key]

    def language(self, start, step, accepts):
        memo = {}

        def build(state, depth):
            key = (state, depth)
            if key not in memo:
                children = []
                for digit in range(10):
                    following = step(state, digit) if depth < MAX_LENGTH else None
                    children.append(build(following, depth + 1) if following is not None else 0)
                memo[key] = self.node(accepts(state, depth), tuple(children))
            return memo[key]

        return build(start, 0)


_positions = {}


def positions(pattern):
    if pattern not in _positions:
        _positions[pattern] = Positions(pattern)
    return _positions[pattern]


def whole(automaton, pattern):
    """The language of one pattern."""
    if not pattern:
        return 0
    x = positions(pattern)

    def step(state, digit):
        accept, following = x.step(state[1], digit)
        return (accept, following) if accept or following else None

    return automaton.language((False, x.start()), step, lambda state, _: state[0])


def assigned(automaton, plans):
    """The language of valid numbers of a calling code: the plans in order, the first that claims a number decides."""
    parts = []
    for m in plans:
        descriptions = [m.general_desc]
        for kind in TYPES:
            d = getattr(m, kind)
            if d is not None and d.national_number_pattern:
                descriptions.append(d)
        # The mobile pattern is skipped only where it equals that of fixed lines, so looking at both is the same.
        patterns = [(positions(d.national_number_pattern), frozenset(d.possible_length)) for d in descriptions]
        lead = positions(m.leading_digits) if m.leading_digits else None
        parts.append((patterns, lead))
    alone = len(parts) == 1

    def step(state, digit):
        out, alive = [], False
        for (patterns, lead), (marks, led) in zip(parts, state):
            following = tuple(x.step(mark[1], digit) for (x, _), mark in zip(patterns, marks))
            if not following[0][0] and not following[0][1]:
                following = ((False, frozenset()),) * len(patterns)
            alive |= bool(following[0][0] or following[0][1])
            if lead is not None and led is not True:
                accept, waiting = lead.step(led, digit)
                led = True if accept else waiting
            out.append((following, led))
        return tuple(out) if alive else None

    def accepts(state, depth):
        for (patterns, lead), (marks, led) in zip(parts, state):
            fits = [mark[0] and (not lengths or depth in lengths) for (_, lengths), mark in zip(patterns, marks)]
            known = fits[0] and any(fits[1:])
            if alone:
                return known
            if lead is not None:
                if led is True:
                    return known
            elif known:
                return True
        return False

    start = tuple((tuple((False, x.start()) for x, _ in patterns), lead.start() if lead else None) for patterns, lead in parts)
    return automaton.language(start, step, accepts)


# Programs: one u32 per operation, kind in the top 4 bits.
DIGIT, SPLIT, JUMP, SAVE, END, MATCH = range(6)


def program(pattern, base):
    ops = []

    def emit(kind, a=0, b=0):
        ops.append([kind, a, b])
        return len(ops) - 1

    def write(node):
        kind = node[0]
        if kind == "d":
            emit(DIGIT, node[1])
        elif kind == "cat":
            for child in node[1]:
                write(child)
        elif kind == "opt":
            at = emit(SPLIT)
            ops[at][1] = base + len(ops)
            write(node[1])
            ops[at][2] = base + len(ops)
        elif kind == "group":
            emit(SAVE, 2 * (node[1] - 1))
            write(node[2])
            emit(SAVE, 2 * (node[1] - 1) + 1)
        elif kind == "alt":
            jumps = []
            for branch in node[1][:-1]:
                at = emit(SPLIT)
                ops[at][1] = base + len(ops)
                write(branch)
                jumps.append(emit(JUMP))
                ops[at][2] = base + len(ops)
            write(node[1][-1])
            for at in jumps:
                ops[at][1] = base + len(ops)
        elif kind == "end":
            emit(END)

    write(tree(pattern))
    emit(MATCH)
    return [kind << 28 | a << 14 | b for kind, a, b in ops]


def first_digits(pattern):
    def first(node):
        kind = node[0]
        if kind == "d":
            return False, node[1]
        if kind == "opt":
            return True, first(node[1])[1]
        if kind == "group":
            return first(node[2])
        if kind == "alt":
            parts = [first(x) for x in node[1]]
            mask = 0
            for _, m in parts:
                mask |= m
            return any(x[0] for x in parts), mask
        if kind == "end":
            return True, 0
        nullable, mask = True, 0
        for child in node[1]:
            n, m = first(child)
            mask |= m
            if not n:
                return False, mask
        return nullable, mask
    return first(tree(pattern))[1]


def bits(lengths):
    return sum(1 << n for n in lengths if n > 0)


def lines(items, width=110):
    line = "   "
    for text in items:
        if len(line) + len(text) + 2 > width:
            yield line
            line = "   "
        line += f" {text},"
    yield line


def tables():
    automaton = Automaton()
    ops, starts = [], {}
    transforms = [("", 0)]

    def pattern(text):
        if not text:
            return NONE
        if text not in starts:
            starts[text] = len(ops)
            ops.extend(program(text, len(ops)))
        return starts[text]

    regions = sorted(p.SUPPORTED_REGIONS)
    plans = [(region.lower(), PhoneMetadata.metadata_for_region(region)) for region in regions]
    plans += [("", PhoneMetadata.metadata_for_nongeo_region(code, None)) for code in sorted(p.COUNTRY_CODES_FOR_NON_GEO_REGIONS)]
    rows = []
    for region, m in plans:
        rule = m.national_prefix_transform_rule
        transform = 0
        if rule:
            digits, group = re.fullmatch(r"(\d*)\\(\d)", rule).groups()
            if (digits, int(group)) not in transforms:
                transforms.append((digits, int(group)))
            transform = transforms.index((digits, int(group)))
        prefix = m.national_prefix_for_parsing
        groups = re.compile(prefix).groups if prefix else 0
        mask = first_digits(prefix) if prefix else 0
        general = m.general_desc
        rows.append(
            f'Plan {{ region: *b"{region or "  "}", calling_code: {m.country_code}, general: {whole(automaton, general.national_number_pattern)}, '
            f"lengths: {bits(general.possible_length):#x}, local: {bits(general.possible_length_local_only):#x}, prefix: {pattern(prefix)}, "
            f"prefix_digits: {mask:#x}, groups: {groups}, transform: {transform}, exit_code: {pattern(m.international_prefix)} }},"
        )
    codes = []
    index = {m.id + str(m.country_code): at for at, (_, m) in enumerate(plans)}
    for code, names in sorted(p.COUNTRY_CODE_TO_REGION_CODE.items()):
        if names == ("001",):
            own = [PhoneMetadata.metadata_for_nongeo_region(code, None)]
        else:
            own = [PhoneMetadata.metadata_for_region(name) for name in names]
        main = index[own[0].id + str(code)]
        codes.append((code, main, assigned(automaton, own)))
    nodes = []
    for _, children in automaton.nodes:
        nodes.append([child | (0x8000 if automaton.nodes[child][0] else 0) for child in children])
    assert len(nodes) < 0x8000
    return rows, codes, nodes, ops, transforms


def write_tables():
    rows, codes, nodes, ops, transforms = tables()
    with open(os.path.join(HERE, "plans.rs"), "w") as out:
        out.write(f"""//! The numbering plans of the world.

// Written by generate.py from libphonenumber's metadata as of phonenumbers {p.__version__}. Do not edit.
// The metadata is Copyright (C) 2009-2026 The Libphonenumber Authors, Apache License 2.0,
// https://www.apache.org/licenses/LICENSE-2.0; it was rewritten as tables.

use super::plan_types::{{CallingCode, Plan}};

/// The version of the metadata, which is libphonenumber's.
pub(super) const METADATA_VERSION: &str = "{p.__version__}";

/// One plan per region, by region; then those of calling codes without a region.
#[rustfmt::skip]
pub(super) static PLANS: [Plan; {len(rows)}] = [
""")
        out.write("".join(f"    {row}\n" for row in rows) + "];\n\n")
        out.write("/// Calling codes in order: the code, the plan that rules it, and the root of its assigned numbers.\n#[rustfmt::skip]\n")
        out.write(f"pub(super) static CALLING_CODES: [CallingCode; {len(codes)}] = [\n")
        out.write("\n".join(lines(f"CallingCode {{ code: {a}, plan: {b}, assigned: {n} }}" for a, b, n in codes)) + "\n];\n\n")
        out.write("/// Digits put in front, and the group that follows them.\n#[rustfmt::skip]\n")
        out.write(f"pub(super) static TRANSFORMS: [(&str, usize); {len(transforms)}] = [\n")
        out.write("\n".join(lines(f'("{d}", {g})' for d, g in transforms)) + "\n];\n\n")
        out.write("/// Programs of prefix patterns: kind in the top four bits, two operands of fourteen.\n#[rustfmt::skip]\n")
        out.write(f"pub(super) static PROGRAMS: [u32; {len(ops)}] = [\n")
        out.write("\n".join(lines(f"{op:#x}" for op in ops)) + "\n];\n\n")
        out.write("/// The automaton: by digit the next node, with the top bit where it accepts. Node 0 is the dead end.\n#[rustfmt::skip]\n")
        out.write(f"pub(super) static NODES: [[u16; 10]; {len(nodes)}] = [\n")
        out.write("\n".join(lines("[" + ",".join(map(str, node)) + "]" for node in nodes)) + "\n];\n")
    print(len(rows), "plans", len(codes), "calling codes", len(nodes), "nodes", len(ops), "operations", len(transforms), "transforms")


def golden():
    """region, text, country code and national number ("-" when it is none), V valid, P possible, X neither."""
    rng = random.Random(20261123)
    rows = set()

    def add(region, text):
        try:
            number = p.parse(text, region)
        except p.NumberParseException:
            rows.add((region, text, "-", "X"))
            return
        digits = f"{number.country_code}{p.national_significant_number(number)}"
        reason = p.is_possible_number_with_reason(number)
        kind = "V" if p.is_valid_number(number) else "P" if reason == p.ValidationResult.IS_POSSIBLE else "X"
        rows.add((region, text, digits, kind))

    def mutate(text):
        digit = rng.choice("0123456789")
        at = rng.randrange(len(text) + 1)
        return rng.choice([text[:at] + digit + text[at:], text[:at] + text[at + 1:], text[:at] + digit + text[at + 1:]])

    for region in sorted(p.SUPPORTED_REGIONS):
        for kind in (p.PhoneNumberType.FIXED_LINE, p.PhoneNumberType.MOBILE, p.PhoneNumberType.TOLL_FREE):
            number = p.example_number_for_type(region, kind)
            if not number:
                continue
            nsn, cc = p.national_significant_number(number), number.country_code
            national = p.format_number(number, p.PhoneNumberFormat.NATIONAL)
            international = p.format_number(number, p.PhoneNumberFormat.INTERNATIONAL)
            forms = [national, re.sub(r"\D", "", national), nsn, international, f"+{cc}{nsn}", f"{cc}{nsn}", f"00{cc}{nsn}", f"011{cc}{nsn}",
                     f"+{cc} (0) {nsn}", f"{national} ext. 12", national.replace(" ", "."), f"tel:+{cc}-{nsn}", nsn[:-1], nsn + "7", "0" + nsn, "1" + nsn, "8" + nsn]
            for text in rng.sample(forms, 9):
                add(region, text)
            for _ in range(2):
                add(region, mutate(nsn))
                add(region, mutate(f"+{cc}{nsn}"))
    others = ["1-800-FLOWERS", "1 800 GOT MILK", "+1 (650) 253-0000 x123", "650-253-0000 ext 5", "650.253.0000#5", "020 7946 0018;ext=22", "06 12 34 56 78 ,,9",
              "(530) 583-6985 x302/x2303", "12", "123", "abc", "", "+", "++48601234567", "+48 (22) 123-45-67", "0 (22) 1234567", "8 (495) 123-45-67", "8 10 48 601 234 567"]
    for region in ("US", "GB", "PL", "DE", "RU", "IT", "BR", "AR"):
        for text in others:
            add(region, text)
    os.makedirs(os.path.dirname(GOLDEN), exist_ok=True)
    with open(GOLDEN, "w") as out:
        out.write(f"# phonenumbers {p.__version__}: region, text, country code and national number, V valid P possible X neither\n")
        for row in sorted(rows):
            assert not any("\t" in cell for cell in row)
            out.write("\t".join(row) + "\n")
    print(len(rows), "golden rows")


if __name__ == "__main__":
    write_tables()
    golden()
