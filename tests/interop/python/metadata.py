"""Prints the key-value metadata of the Parquet and Arrow files that are its arguments, by path."""

import json
import sys

import pyarrow.ipc as ipc
import pyarrow.parquet as pq

report = {}
for path in sys.argv[1:]:
    schema = pq.read_schema(path) if path.endswith(".parquet") else ipc.open_file(path).schema
    pairs = schema.metadata or {}
    report[path] = {key.decode(): value.decode() for key, value in pairs.items() if key.startswith(b"forecastlab.")}
print(json.dumps(report))
