"""Invented orders for the benchmark, the same for every system that is timed.

    generate.py history MEMBERS ORDERS SEED OUT.parquet   two years of orders from 2024-11-21
    generate.py night MEMBERS EVENTS SEED OUT.parquet     the orders of the one day that follows them

Rows stand by member and time, as an export from a shop's database would. Members buy at very different rates
(gamma), amounts are lognormal, a quarter of the orders carries a tenth off. Amounts are cents. The sequence of
random draws is part of the definition: another order of draws is another file.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400_000
FIRST = np.datetime64("2024-11-21T00:00:00", "ms").astype("int64")
DAYS = 730
CHANNELS = ["app", "store", "web"]
CATEGORIES = ["drinks", "food", "beans", "gear", "gift", "other"]


def keep_apart(member, at):
    """Moves orders by a millisecond until no member has two at one instant (rows by member, time)."""
    while True:
        clash = np.flatnonzero((member[1:] == member[:-1]) & (at[1:] <= at[:-1])) + 1
        if clash.size == 0:
            return
        at[clash] = at[clash - 1] + 1


def orders(members, count, seed, first, days, first_id):
    """A table of `count` orders in the `days` from `first` (milliseconds), numbered from `first_id`."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 1.0, members)
    member = rng.choice(members, size=count, p=rate / rate.sum()).astype(np.int32)
    at = first + rng.integers(0, days * DAY, count)
    by_member = np.lexsort((at, member))
    member, at = member[by_member], at[by_member]
    keep_apart(member, at)
    amount = np.maximum(150, rng.lognormal(7.2, 0.7, count)).astype(np.int64)
    discount = rng.choice([0, 0, 0, 1], count) * amount // 10

    def drawn(texts):
        codes = pa.array(rng.integers(0, len(texts), count), pa.int8())
        return pa.DictionaryArray.from_arrays(codes, pa.array(texts))

    return pa.table(
        {
            "order_id": np.arange(first_id, first_id + count, dtype=np.int64),
            "member": member,
            "at": pa.array(at, pa.timestamp("ms")),
            "amount": amount,
            "discount": discount,
            "channel": drawn(CHANNELS),
            "category": drawn(CATEGORIES),
        }
    )


def main():
    what, members, count, seed, out = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    if what == "history":
        table = orders(members, count, seed, FIRST, DAYS, 0)
    else:
        # Ids of the night lie beyond those of any history.
        table = orders(members, count, seed, FIRST + DAYS * DAY, 1, 10**12)
    pq.write_table(table, out, compression="zstd", row_group_size=1_000_000)


if __name__ == "__main__":
    main()
