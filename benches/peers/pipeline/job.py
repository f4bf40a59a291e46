"""The whole job with Meta's Python SDK: CSV to normalized, hashed rows to JSON bodies of 10,000. Nothing is sent.

    pip install facebook_business==26.0.3
    python job.py contacts.csv
"""
import csv
import json
import sys
import time

from facebook_business.adobjects.customaudience import CustomAudience

Schema = CustomAudience.Schema.MultiKeySchema
KEYS = [Schema.email, Schema.phone, Schema.fn, Schema.ln]


def body(rows):
    params = CustomAudience.format_params(KEYS, rows, is_raw=True)
    return json.dumps(params).encode()


begun, cpu = time.perf_counter(), time.process_time()
contacts = sent = 0
rows = []
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for record in csv.DictReader(file):
        contacts += 1
        rows.append([record["email"], record["phone"], record["first_name"], record["last_name"]])
        if len(rows) == 10_000:
            sent += len(body(rows))
            rows = []
if rows:
    sent += len(body(rows))
cpu = time.process_time() - cpu
print(f"{contacts} contacts, {sent} bytes, {time.perf_counter() - begun:.2f} s, {cpu / contacts * 1e9:.0f} ns of CPU each")
