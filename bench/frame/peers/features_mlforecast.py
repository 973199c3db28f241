"""Lags, windows and calendar columns of the default frame by mlforecast: SALES.parquet OUT.parquet"""

import sys

import lightgbm
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd, SeasonalRollingMean

sales = pd.read_parquet(sys.argv[1])
lag = 28
forecast = MLForecast(
    models=[lightgbm.LGBMRegressor()],
    freq="D",
    lags=[lag, 35, 49, 364],
    lag_transforms={
        lag: [
            RollingMean(7),
            RollingMean(28),
            RollingStd(28),
            RollingMin(28),
            RollingMax(28),
            RollingMean(91),
            SeasonalRollingMean(season_length=7, window_size=4),
        ]
    },
    date_features=["dayofweek", "day", "month", "quarter", "year"],
    num_threads=2,
)
forecast.preprocess(sales, static_features=[], dropna=False).to_parquet(sys.argv[2], compression="zstd")
