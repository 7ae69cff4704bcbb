"""The four figures out of a Rungs store, with SQL over its Parquet files and without the binary.

    lake_figures.py STORE TOP_RUNG

Prints `{"figures": [members, points issued, balance, members who placed an order at the top rung]}`. An order is
judged at the rung held just before it: a move at the order's own instant is its consequence.
"""

import json
import sys

import duckdb

import lake

QUERY = """
with orders as (select distinct account, time from {history} where kind = 'order'),
booked as (
    select kind, sum(points) as points from {entries} join {causes} using (cause) group by kind),
moves as (select account, "at", rung_to as rung from {rungs}),
judged as (
    select orders.account, moves.rung
    from orders asof left join moves on orders.account = moves.account and orders.time > moves."at")
select
    (select count(distinct account) from orders),
    (select sum(points) from booked where kind = 'grant'),
    (select sum(points) from booked where kind not in ('release', 'debt', 'forgive')),
    (select count(distinct account) from judged where rung = ?)
"""


def main():
    store, top = sys.argv[1], sys.argv[2]
    tables = {table: lake.relation(store, table) for table in ("history", "entries", "rungs", "causes")}
    row = duckdb.execute(QUERY.format(**tables), [top]).fetchone()
    print(json.dumps({"figures": [int(value or 0) for value in row]}))


if __name__ == "__main__":
    main()
