"""Reads a frame that is partitioned by store_code and year as docs/frames.md says.

Usage: hive.py FOLDER. Prints the dtypes of the partition columns for each reader, and the rows of each frame.
"""

import json
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

folder = sys.argv[1]
partitioning = ds.partitioning(pa.schema([("store_code", pa.string()), ("year", pa.int32())]), flavor="hive")
report = {}


def record(reader, frame, dtypes, codes, rows):
    report.setdefault(reader, {})[frame] = {
        "dtypes": {name: str(dtypes[name]) for name in ["store_code", "year"]},
        "codes": sorted(set(codes)),
        "rows": rows,
    }


for frame, part in [("training", "train"), ("future", "future")]:
    place = f"{folder}/{part}"
    table = ds.dataset(place, partitioning=partitioning).to_table()
    types = {field.name: field.type for field in table.schema}
    record("pyarrow", frame, types, table["store_code"].to_pylist(), len(table))

    rows = pd.read_parquet(place, partitioning=partitioning)
    record("pandas", frame, rows.dtypes, rows["store_code"], len(rows))

    rows = pl.read_parquet(f"{place}/**/*.parquet", hive_schema={"store_code": pl.String, "year": pl.Int32})
    record("polars", frame, rows.schema, rows["store_code"].to_list(), len(rows))

    rows = duckdb.sql(
        f"FROM read_parquet('{place}/**/*.parquet', hive_types = {{store_code: VARCHAR, year: INTEGER}})"
    )
    types = dict(zip(rows.columns, rows.types))
    codes = [code for (code,) in rows.project("store_code").fetchall()]
    record("duckdb", frame, types, codes, len(codes))
print(json.dumps(report))
