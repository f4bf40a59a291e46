#!/usr/bin/env python3
"""Hashing of EMAIL+PHONE+FN+LN: this crate against Meta's Python SDK, on the same rows in the same run.

    python3 -m venv venv && venv/bin/pip install facebook_business && venv/bin/python compare.py

The peer is CustomAudience.format_params with a list of columns and is_raw=True, which normalizes and hashes; it is timed in
CPU seconds of this process, and leaves hex in lists; the crate's figure for four keys goes as far as the JSON body. The crate is timed by `cargo bench --bench identity`, which makes the same rows.
"""
import importlib.metadata
import os
import re
import subprocess
import time

from facebook_business.adobjects.customaudience import CustomAudience

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
FIRST = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "John"]
LAST = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Hamilton", "O'Brien"]
BATCH, ROUNDS = 2000, 25


def people():
    for n in range(BATCH):
        first, last = FIRST[n % 8], LAST[n // 8 % 8]
        yield [f"{first}.{last[2:]}{n}@Example.com", f"+48601{100_000 + n * 7 % 900_000}", first, last]


def peer(columns):
    rows = [row[:len(columns)] for row in people()]
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        CustomAudience.format_params(columns, rows, is_raw=True)
        best = min(best, time.process_time() - start)
    return best / BATCH * 1e9


def ours():
    text = subprocess.run(["cargo", "bench", "--bench", "identity"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    figure = lambda name: float(re.search(re.escape(name) + r".*?rows/s +([\d.]+) ns/row", text).group(1))
    return figure("EMAIL   "), figure("EMAIL+PHONE+FN+LN, to the JSON body"), figure("EMAIL+PHONE+FN+LN, national phones"), text


def main():
    schema = CustomAudience.Schema.MultiKeySchema
    peer_one = peer([schema.email])
    peer_four = peer([schema.email, schema.phone, schema.fn, schema.ln])
    one, four, national, text = ours()
    print(text)
    print(f"facebook_business {importlib.metadata.version('facebook_business')}, format_params, is_raw")
    print(f"{'':<44}{'crate':>10}{'Meta':>10}{'times':>8}")
    for name, crate, meta in [
        ("EMAIL, ns/row", one, peer_one),
        ("EMAIL+PHONE+FN+LN, to the body", four, peer_four),
        ("same, national phones (which Meta gets wrong)", national, peer_four),
    ]:
        print(f"{name:<44}{crate:>10.0f}{meta:>10.0f}{meta / crate:>7.1f}x")


main()
