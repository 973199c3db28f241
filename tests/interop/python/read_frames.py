"""Reads a frame with every reader.

Usage: read_frames.py STEM, for STEM.parquet, STEM.arrow, STEM.csv, their future frames, and STEM.manifest.json of the CSV.
Prints the dtypes that each reader gives the columns, and how many values differ from those of pyarrow.
"""

import json
import math
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow.feather as feather
import pyarrow.parquet as pq

stem = sys.argv[1]
with open(f"{stem}.manifest.json") as file:
    columns = json.load(file)["columns"]


def path(frame, ending):
    return f"{stem}.{ending}" if frame == "training" else f"{stem}.future.{ending}"


def pandas_csv(frame):
    """As docs/frames.md says: dtypes from the manifest, only an empty field is missing, numbers read back equal."""
    types = {column["name"]: column["dtypes"]["pandas"] for column in columns if frame in column["frames"]}
    del types["ds"]
    return pd.read_csv(
        path(frame, "csv"),
        dtype=types,
        parse_dates=["ds"],
        keep_default_na=False,
        na_values=[""],
        float_precision="round_trip",
    )


def polars_csv(frame):
    known = {"String": pl.String, "Float64": pl.Float64, "Int32": pl.Int32, "Boolean": pl.Boolean}
    types = {
        column["name"]: known.get(column["dtypes"]["polars"], pl.Datetime("us"))
        for column in columns
        if frame in column["frames"]
    }
    return pl.read_csv(path(frame, "csv"), schema=types)


readers = {
    "pyarrow parquet": lambda frame: pq.read_table(path(frame, "parquet")),
    "pyarrow arrow": lambda frame: feather.read_table(path(frame, "arrow")),
    "pandas parquet": lambda frame: pd.read_parquet(path(frame, "parquet")),
    "pandas arrow": lambda frame: pd.read_feather(path(frame, "arrow")),
    "pandas csv": pandas_csv,
    "polars parquet": lambda frame: pl.read_parquet(path(frame, "parquet")),
    "polars arrow": lambda frame: pl.read_ipc(path(frame, "arrow")),
    "polars csv": polars_csv,
    "duckdb parquet": lambda frame: duckdb.sql(f"FROM '{path(frame, 'parquet')}'"),
    "duckdb into pandas": lambda frame: duckdb.sql(f"FROM '{path(frame, 'parquet')}'").df(),
}


def dtypes_of(table):
    if isinstance(table, pd.DataFrame):
        return {name: str(dtype) for name, dtype in table.dtypes.items()}
    if isinstance(table, pl.DataFrame):
        return {name: str(dtype) for name, dtype in table.schema.items()}
    if isinstance(table, duckdb.DuckDBPyRelation):
        return {name: str(dtype) for name, dtype in zip(table.columns, table.types)}
    return {field.name: str(field.type) for field in table.schema}


def missing(value):
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def values_of(table):
    """The columns as lists of Python values, None for a missing one."""
    if isinstance(table, duckdb.DuckDBPyRelation):
        rows = table.fetchall()
        lists = {name: [row[index] for row in rows] for index, name in enumerate(table.columns)}
    elif isinstance(table, pd.DataFrame):
        lists = {name: table[name].tolist() for name in table}
    elif isinstance(table, pl.DataFrame):
        lists = table.to_dict(as_series=False)
    else:
        lists = table.to_pydict()
    return {name: [None if missing(value) else value for value in values] for name, values in lists.items()}


def differing(values, expected):
    if list(values) != list(expected):
        return ["(columns)"]
    return [
        name
        for name in expected
        if len(values[name]) != len(expected[name])
        or any(a != b or isinstance(a, str) != isinstance(b, str) for a, b in zip(values[name], expected[name]))
    ]


report = {}
for frame in ["training", "future"]:
    expected = values_of(readers["pyarrow parquet"](frame))
    rows = len(expected["ds"])
    for name, read in readers.items():
        table = read(frame)
        report.setdefault(name, {})[frame] = {
            "rows": rows,
            "dtypes": dtypes_of(table),
            "differing": differing(values_of(table), expected),
        }
print(json.dumps(report))
