"""Forecasts of Nixtla's libraries on a training frame, and the scores that utilsforecast gives them and ours.

Usage: cross_validation.py TRAINING OURS HORIZON FOLDS STEP OUT. OURS is a file that a backtest wrote. Writes OUT.statsforecast.parquet
and OUT.mlforecast.csv as cross_validation gives them, and prints JSON.
"""

import json
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from statsforecast import StatsForecast
from statsforecast.models import Naive, SeasonalNaive, SeasonalWindowAverage, WindowAverage
from utilsforecast import losses
from utilsforecast.evaluation import evaluate

training, ours_path, out = sys.argv[1], sys.argv[2], sys.argv[6]
horizon, folds, step = (int(text) for text in sys.argv[3:6])
frame = pd.read_parquet(training)
train = frame[["unique_id", "ds", "y"]]
weights = frame[["unique_id", "ds", "sample_weight"]]


def as_one(rows):
    """All rows as if they were of one series and cutoff, to pool them."""
    return rows.drop(columns="cutoff").assign(unique_id="all")


def wape(rows):
    """Of all rows with a weight."""
    models = [name for name in rows.columns if name not in ("unique_id", "ds", "cutoff", "y")]
    weighted = rows.merge(weights, on=["unique_id", "ds"]).query("sample_weight > 0")
    (row,) = losses.nd(as_one(weighted), models)[models].to_dict("records")
    return row


def scores(rows, models):
    """Of rows with a weight; rmsse and mase are means over the series of all folds."""
    scaled = {"rmsse": [], "mase": []}
    for cutoff, fold in rows.groupby("cutoff"):
        known = train[train["ds"] <= cutoff]
        found = evaluate(
            fold.drop(columns="cutoff"),
            metrics=[losses.mae, losses.rmse],
            models=models,
            train_df=known,
        )
        assert set(found["metric"]) == {"mae", "rmse"}
        scaled["rmsse"].append(losses.rmsse(fold, models, seasonality=1, train_df=known))
        scaled["mase"].append(losses.mase(fold, models, seasonality=7, train_df=known))
    overall = evaluate(as_one(rows), metrics=[losses.mae, losses.rmse, losses.nd], models=models).set_index("metric")
    return {
        model: {
            "mae": float(overall.loc["mae", model]),
            "rmse": float(overall.loc["rmse", model]),
            "wape": float(overall.loc["nd", model]),
            **{
                name: float(pd.concat(parts)[model].replace([np.inf, -np.inf], np.nan).mean())
                for name, parts in scaled.items()
            },
        }
        for model in models
    }


def coverage(rows, model, level):
    """Over the rows that have the interval."""
    known = as_one(rows.dropna(subset=[f"{model}-lo-{level}"]))
    (share,) = losses.coverage(known, [model], level=level)[model]
    return float(share)


windows = {"h": horizon, "n_windows": folds, "step_size": step}
classic = StatsForecast(
    models=[Naive(), SeasonalNaive(7), WindowAverage(28), SeasonalWindowAverage(7, 8)], freq="D", n_jobs=1
).cross_validation(df=train, **windows)
classic.to_parquet(f"{out}.statsforecast.parquet")
boosted = MLForecast(
    models={"lightgbm": lgb.LGBMRegressor(n_estimators=20, random_state=1, n_jobs=1, verbosity=-1)},
    freq="D",
    lags=[1, 7, 14],
    date_features=["dayofweek"],
).cross_validation(df=train, **windows)
boosted.to_csv(f"{out}.mlforecast.csv")

ours = pd.read_parquet(ours_path)
models = [
    name for name in ours.columns if name not in ("unique_id", "ds", "cutoff", "y", "sample_weight") and "-" not in name
]
weighted = ours[ours["sample_weight"] > 0]
both = ours.merge(classic, on=["unique_id", "ds", "cutoff"], suffixes=("", "_theirs"), validate="one_to_one")
pairs = {
    "naive": "Naive",
    "seasonal_naive": "SeasonalNaive",
    "mean_28": "WindowAverage",
    "weekday_mean_8": "SeasWA",
}
print(
    json.dumps(
        {
            "dtypes": {name: str(dtype) for name, dtype in ours.dtypes.items() if "-" not in name},
            "rows": len(ours),
            "rows_of_both": len(both),
            "y_differs": float((both["y"] - both["y_theirs"]).abs().max()),
            "differs": {
                name: float((both[name] - both[their]).abs().div(both[their].abs().clip(lower=1)).max())
                for name, their in pairs.items()
            },
            "ours": scores(weighted[["unique_id", "ds", "cutoff", "y", *models]], models),
            "coverage": {level: coverage(weighted, "mean_28", level) for level in (80, 95)},
            "wape": {"statsforecast": wape(classic), "mlforecast": wape(boosted)},
        }
    )
)
