"""Scores of utilsforecast and baselines of statsforecast, as JSON on stdout, for the same input as ours.

stdin: {"season", "horizon", "levels", "parameters": {"alpha", "alpha_d", "alpha_p", "window", "weeks"},
        "series": [{"unique_id", "train": [..], "y": [..], "forecast": [..], "lo": {"80": [..]}, "hi": {"80": [..]}}]}
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
from statsforecast.models import (
    TSB,
    Naive,
    SeasonalNaive,
    SeasonalWindowAverage,
    SimpleExponentialSmoothing,
    WindowAverage,
)
from utilsforecast import losses

warnings.filterwarnings("ignore")


def days(unique_id, count, first):
    return {"unique_id": unique_id, "ds": pd.date_range("2024-01-01", periods=first + count)[first:]}


def scores(given):
    train, test = [], []
    for one in given["series"]:
        known = len(one["train"])
        train.append(pd.DataFrame({**days(one["unique_id"], known, 0), "y": one["train"]}))
        bounds = {}
        for level in given["levels"]:
            bounds[f"m-lo-{level}"] = one["lo"][str(level)]
            bounds[f"m-hi-{level}"] = one["hi"][str(level)]
        ahead = days(one["unique_id"], len(one["y"]), known)
        test.append(pd.DataFrame({**ahead, "y": one["y"], "m": one["forecast"], **bounds}))
    train, test = pd.concat(train), pd.concat(test)
    season = given["season"]
    found = {
        "mae": losses.mae(test, ["m"]),
        "rmse": losses.rmse(test, ["m"]),
        "mean_error": losses.bias(test, ["m"]),
        "wape": losses.nd(test, ["m"]),
        "rmsse": losses.rmsse(test, ["m"], seasonality=1, train_df=train),
        "mase": losses.mase(test, ["m"], seasonality=season, train_df=train),
    }
    quantiles, columns = [], []
    for level in given["levels"]:
        tail = (100 - level) / 200
        found[f"coverage_{level}"] = losses.coverage(test, ["m"], level=level)
        for side, q in (("lo", tail), ("hi", 1 - tail)):
            found[f"pinball_{side}_{level}"] = losses.quantile_loss(test, {"m": f"m-{side}-{level}"}, q=q)
            quantiles.append(q)
            columns.append(f"m-{side}-{level}")
    order = np.argsort(quantiles)
    found["pinball"] = losses.mqloss(
        test, {"m": [columns[i] for i in order]}, quantiles=np.array([quantiles[i] for i in order])
    )
    return {name: dict(zip(table["unique_id"], table["m"])) for name, table in found.items()}


def baselines(given):
    season, p = given["season"], given["parameters"]
    models = {
        "naive": Naive(),
        "seasonal_naive": SeasonalNaive(season),
        "window_mean": WindowAverage(p["window"]),
        "seasonal_mean": SeasonalWindowAverage(season, p["weeks"]),
        "ses": SimpleExponentialSmoothing(p["alpha"]),
        "tsb": TSB(p["alpha_d"], p["alpha_p"]),
    }
    return {
        name: {
            one["unique_id"]: list(
                model.forecast(np.array(one["train"], dtype=float), h=given["horizon"])["mean"]
            )
            for one in given["series"]
        }
        for name, model in models.items()
    }


given = json.load(sys.stdin)
json.dump({"scores": scores(given), "baselines": baselines(given)}, sys.stdout)
