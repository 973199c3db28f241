"""Lags, windows and calendar columns of the default frame by pandas: SALES.parquet OUT.parquet"""

import sys

import pandas as pd

lag = 28
frame = pd.read_parquet(sys.argv[1]).sort_values(["unique_id", "ds"], ignore_index=True)
by_series = frame.groupby("unique_id", sort=False)["y"]
for days in (lag, 35, 42, 49, 364):
    frame[f"lag{days}"] = by_series.shift(days)
shifted = frame.groupby("unique_id", sort=False)[f"lag{lag}"]
for days, stats in {7: ["mean"], 28: ["mean", "std", "min", "max"], 91: ["mean"]}.items():
    rolling = shifted.rolling(days)
    for stat in stats:
        frame[f"{stat}{days}"] = getattr(rolling, stat)().to_numpy()
zeros = (frame[f"lag{lag}"] == 0).where(frame[f"lag{lag}"].notna())
frame["zero_rate28"] = zeros.astype(float).groupby(frame["unique_id"], sort=False).rolling(28).mean().to_numpy()
frame["weekday_mean4"] = (frame[f"lag{lag}"] + frame["lag35"] + frame["lag42"] + frame["lag49"]) / 4
for part in ("dayofweek", "day", "month", "quarter", "year"):
    frame[part] = getattr(frame["ds"].dt, part)
frame["week"] = frame["ds"].dt.isocalendar().week.astype("int32")
frame.to_parquet(sys.argv[2], compression="zstd")
