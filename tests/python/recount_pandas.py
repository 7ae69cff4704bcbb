"""The KPIs of `programs/cdnow` out of the bare log, in pandas. It knows nothing of Rungs but the definitions."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd


def read(path):
    """A log of purchases: customer, day, amount in cents."""
    log = pd.read_csv(path, dtype={"customer": "string", "amount": "string"}, parse_dates=["date"])
    log["cents"] = log["amount"].map(lambda text: int(Decimal(text) * 100)).astype("int64")
    return log


def complete(first, as_of, period):
    """Whole calendar periods from the first purchase to `as_of`."""
    last = (pd.Timestamp(as_of) + pd.Timedelta(days=1)).to_period(period) - 1
    return pd.period_range(first.to_period(period), last, freq=period)


def key(kpi, period, **by):
    """How a figure is named in a report."""
    window = (str(period.start_time.date()), str((period + 1).start_time.date()))
    return (kpi, *window, tuple(sorted(by.items())))


def of_periods(log, as_of):
    """Figures of every complete quarter, and the retention from each to the next."""
    found = {}
    quarters = complete(log["date"].min(), as_of, "Q")
    orders = log.groupby([log["date"].dt.to_period("Q"), "customer"])["cents"].agg(["size", "sum"])
    for quarter in quarters:
        own = orders.loc[quarter] if quarter in orders.index.levels[0] else orders.iloc[:0]
        customers = len(own)
        found[key("orders-per-buyer", quarter)] = (int(own["size"].sum()), customers)
        found[key("basket", quarter)] = (Fraction(int(own["sum"].sum()), 100), int(own["size"].sum()))
        found[key("repeat-in-quarter", quarter)] = (int((own["size"] >= 2).sum()), customers)
        if quarter + 1 in quarters:
            stayed = len(own.index.intersection(orders.loc[quarter + 1].index))
            found[key("quarter-retention", quarter)] = (stayed, customers)
            found[key("quarter-churn", quarter)] = (customers - stayed, customers)
    return found


def of_cohorts(log, as_of):
    """Cell k: members of the cohort who bought in the k-th month after their first."""
    months = log.assign(month=log["date"].dt.to_period("M"))
    first = months.groupby("customer")["month"].min().rename("cohort")
    seen = months[["customer", "month"]].drop_duplicates().join(first, on="customer")
    last = complete(log["date"].min(), as_of, "M")[-1]
    found = {}
    for cohort, own in seen[seen["cohort"] <= last].groupby("cohort"):
        size = own["customer"].nunique()
        for k in range((last - cohort).n + 1):
            cell = int((own["month"] == cohort + k).sum())
            found[key("cohorts", cohort, k=str(k))] = (cell, size)
    return found


def of_all_time(log, as_of):
    """Figures over everything, named without a window (its first day is a matter of taste)."""
    orders = log.groupby("customer").size()
    days = log[["customer", "date"]].drop_duplicates().sort_values(["customer", "date"])
    gaps = days.groupby("customer")["date"].diff().dt.days.dropna().astype("int64")
    of_customer = gaps.groupby(days.loc[gaps.index, "customer"]).mean()
    recent = log[log["date"] > pd.Timestamp(as_of) - pd.Timedelta(days=90)]
    return {
        "repeat-ever": (int((orders >= 2).sum()), len(orders)),
        "days-between": (int(gaps.sum()), len(gaps)),
        "days-between median": (Fraction(str(np.quantile(gaps, 0.5))), 1),
        "days-between p90": (Fraction(str(round(float(np.quantile(gaps, 0.9)), 6))), 1),
        "days-between mean_of_means": (Fraction(float(of_customer.sum())), len(of_customer)),
        "active-90": (int(recent["customer"].nunique()), len(orders)),
    }
