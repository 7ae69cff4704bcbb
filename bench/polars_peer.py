"""The work of `programs/peers` in Polars. `polars_peer.py ORDERS.parquet`; prints as `duckdb_peer.py` does."""

import datetime
import json
import sys
import time

import polars as pl
from polars import col

YEAR_AGO = datetime.datetime(2025, 11, 21)
DAY_CAP = 500


def figures(path):
    """The four figures of a file of orders."""
    drinks_in_app = (col("category").cast(pl.String) == "drinks") & (col("channel").cast(pl.String) == "app")
    spent = col("net").rolling_sum_by("at", window_size="365d", closed="left").over("member").fill_null(0)
    percent = pl.when(col("spent") >= 1000_00).then(150).when(col("spent") >= 300_00).then(125).otherwise(100)
    today = col("points").cum_sum().over(["member", col("at").dt.date()])
    given = pl.min_horizontal(col("today"), DAY_CAP) - pl.min_horizontal(col("today") - col("points"), DAY_CAP)
    orders = (
        pl.scan_parquet(path)
        .with_columns(net=col("amount") - col("discount"))
        .with_columns(spent=spent)
        .with_columns(percent=percent, rate=pl.when(drinks_in_app).then(3).otherwise(2))
        .with_columns(points=col("net") // 100 * col("rate") * col("percent") // 100)
        .with_columns(today=today)
        .with_columns(given=given.clip(0))
    )
    members = orders.group_by("member").agg(
        issued=col("given").sum(),
        balance=col("given").filter(col("at") > YEAR_AGO).sum(),
        top=(col("percent") == 150).any(),
    )
    return members.select(pl.len(), col("issued").sum(), col("balance").sum(), col("top").sum()).collect().row(0)


def main():
    start = time.perf_counter()
    row = figures(sys.argv[1])
    seconds = time.perf_counter() - start
    answer = {"seconds": round(seconds, 3), "version": f"polars {pl.__version__}", "figures": [int(v) for v in row]}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
