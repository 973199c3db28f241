"""Trains and predicts with Nixtla's libraries on a frame.

Usage: nixtla.py TRAINING FUTURE HORIZON. The frame is Parquet, and its columns are as they are read.
"""

import json
import sys
import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from statsforecast import StatsForecast
from statsforecast.models import HistoricAverage, SeasonalNaive
from utilsforecast.validation import validate_format, validate_freq

warnings.filterwarnings("ignore", message="The following columns were provided through X_df")

training, future, horizon = sys.argv[1], sys.argv[2], int(sys.argv[3])
train, ahead = pd.read_parquet(training), pd.read_parquet(future)

validate_format(train)
for _, series in train.groupby("unique_id"):
    validate_freq(series["ds"], "D")

with open(training.replace(".parquet", ".manifest.json")) as file:
    columns = json.load(file)["columns"]
drivers = [column for column in columns if column["class"] in ("static", "future", "historic")]
static = [column["name"] for column in drivers if column["class"] == "static"]
features = [column["name"] for column in drivers]
for name in train[features].select_dtypes(exclude=["number", "bool"]):
    train[name] = train[name].astype("category")
    ahead[name] = ahead[name].astype(train[name].dtype)


def model():
    return lgb.LGBMRegressor(
        n_estimators=50, random_state=1, deterministic=True, force_row_wise=True, n_jobs=1, verbosity=-1
    )


def forecast(rows, weights="sample_weight"):
    """The frame's own lags are the features: mlforecast adds none."""
    given = ["unique_id", "ds", "y", *features] + ([] if weights is None else [weights])
    forecaster = MLForecast(models={"lgb": model()}, freq="D")
    forecaster.fit(rows[given], static_features=static, weight_col=weights, dropna=False)
    return forecaster.predict(horizon, X_df=ahead)


forecasts = forecast(train)
direct = model().fit(train[features], train["y"], sample_weight=train["sample_weight"]).predict(ahead[features])
joined = ahead[["unique_id", "ds"]].assign(direct=direct).merge(forecasts, on=["unique_id", "ds"])

# What is sold on a day of weight 0 is not demand: any other y there must not change the forecasts.
absurd = train.assign(y=train["y"].where(train["sample_weight"] > 0, 1e6))
classic = StatsForecast(models=[SeasonalNaive(7), HistoricAverage()], freq="D", n_jobs=1)
stats = classic.forecast(df=train[["unique_id", "ds", "y"]], h=horizon)

print(
    json.dumps(
        {
            "training_rows": len(train),
            "future_rows": len(ahead),
            "weight_0": int((train["sample_weight"] == 0).sum()),
            "mlforecast": {
                "rows": len(forecasts),
                "ds": str(forecasts["ds"].dtype),
                "unknown": int(forecasts["lgb"].isna().sum()),
                "same_days": len(joined),
                "distinct": int(forecasts["lgb"].nunique()),
                "differs_from_direct": float(np.abs(joined["direct"] - joined["lgb"]).max()),
                "changed_by_weight_0": float(np.abs(forecast(absurd)["lgb"] - forecasts["lgb"]).max()),
                "changed_without_weights": float(
                    np.abs(forecast(absurd, weights=None)["lgb"] - forecasts["lgb"]).max()
                ),
            },
            "statsforecast": {
                "rows": len(stats),
                "same_days": len(stats.merge(ahead[["unique_id", "ds"]], on=["unique_id", "ds"])),
                "columns": list(stats.columns),
                "unknown": int(stats["HistoricAverage"].isna().sum()),
            },
        }
    )
)
