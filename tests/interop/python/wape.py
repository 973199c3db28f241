"""Compares LightGBM on frames with two baselines, on rolling origins.

Usage: wape.py ACTUALS TRAINING=FUTURE…, one pair for each cutoff. ACTUALS is a training frame with a later cutoff. Prints
WAPE, the sum of |y - forecast| over the sum of y, by model: over all days, and over those of weight 1.
"""

import json
import sys

import lightgbm as lgb
import pandas as pd


def lightgbm(train, future):
    """LightGBM as it comes: nothing is tuned. It is seeded, and has one thread so that every run gives the same model."""
    train, future = train.copy(), future.copy()
    features = future.columns.intersection(train.columns).drop(["unique_id", "ds"])
    for name in train[features].select_dtypes(exclude=["number", "bool"]):
        train[name] = train[name].astype("category")
        future[name] = future[name].astype(train[name].dtype)
    model = lgb.LGBMRegressor(random_state=1, n_jobs=1, verbosity=-1)
    model.fit(train[features], train["y"], sample_weight=train["sample_weight"])
    return model.predict(future[features]).clip(0)


def mean_28(train, future):
    recent = train[train["ds"] > train["ds"].max() - pd.Timedelta(days=28)]
    return future["unique_id"].map(recent.groupby("unique_id")["y"].mean()).to_numpy()


def seasonal_naive(train, future):
    """The last day of the same weekday up to the cutoff."""
    known = train.set_index(["unique_id", "ds"])["y"]
    weeks = (future["horizon_step"] + 6) // 7
    days = future["ds"] - pd.to_timedelta(7 * weeks, unit="D")
    return known.reindex(pd.MultiIndex.from_arrays([future["unique_id"], days])).to_numpy()


models = {"lightgbm": lightgbm, "mean_28": mean_28, "seasonal_naive": seasonal_naive}


def wape(rows, model):
    known = rows.dropna(subset=list(models))
    return float((known["y"] - known[model]).abs().sum() / known["y"].sum())


actuals = pd.read_parquet(sys.argv[1], columns=["unique_id", "ds", "y", "sample_weight"])
folds = []
for pair in sys.argv[2:]:
    train, future = (pd.read_parquet(path) for path in pair.split("="))
    rows = future[["unique_id", "ds"]].assign(
        cutoff=str(train["ds"].max().date()), **{name: of(train, future) for name, of in models.items()}
    )
    folds.append(rows.merge(actuals, on=["unique_id", "ds"], validate="one_to_one"))
rows = pd.concat(folds, ignore_index=True)
weighted = rows[rows["sample_weight"] > 0]
print(
    json.dumps(
        {
            "rows": len(rows),
            "scored": len(rows.dropna(subset=list(models))),
            "of_weight_1": len(weighted),
            "all": {name: wape(rows, name) for name in models},
            "weight_1": {name: wape(weighted, name) for name in models},
            "by_cutoff": {
                cutoff: {name: wape(fold, name) for name in models} for cutoff, fold in rows.groupby("cutoff")
            },
        }
    )
)
