"""Lags, windows and calendar columns of the default frame by polars: SALES.parquet OUT.parquet"""

import sys

import polars as pl

lag = 28
y = pl.col("y").shift(lag)
weekday = [pl.col("y").shift(lag + 7 * week) for week in range(4)]
ds = pl.col("ds").dt
(
    pl.scan_parquet(sys.argv[1])
    .sort("unique_id", "ds")
    .with_columns(
        *(pl.col("y").shift(days).over("unique_id").alias(f"lag{days}") for days in (lag, 35, 49, 364)),
        y.rolling_mean(7).over("unique_id").alias("mean7"),
        y.rolling_mean(28).over("unique_id").alias("mean28"),
        y.rolling_std(28).over("unique_id").alias("std28"),
        y.rolling_min(28).over("unique_id").alias("min28"),
        y.rolling_max(28).over("unique_id").alias("max28"),
        (y == 0).cast(pl.Float64).rolling_mean(28).over("unique_id").alias("zero_rate28"),
        y.rolling_mean(91).over("unique_id").alias("mean91"),
        (sum(weekday) / 4).over("unique_id").alias("weekday_mean4"),
        *(
            part.alias(name)
            for name, part in {
                "dayofweek": ds.weekday(),
                "day": ds.day(),
                "week": ds.week(),
                "month": ds.month(),
                "quarter": ds.quarter(),
                "year": ds.year(),
            }.items()
        ),
    )
    .collect()
    .write_parquet(sys.argv[2], compression="zstd")
)
