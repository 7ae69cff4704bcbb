"""The work of `programs/peers` as one SQL query in DuckDB: what a data team would write instead.

    duckdb_peer.py raw ORDERS.parquet [--threads 2]     on the uploaded file
    duckdb_peer.py lake STORE [--threads 2]             the same query on the events in a Rungs store
    duckdb_peer.py raw ORDERS.parquet --scan            only reads the columns: what any system must do

Prints one JSON line: `figures` (members, points issued, balance, members who placed an order at the top rung),
`seconds`, `version`. The query keeps no lots, no causes and no state: it answers four questions once.
"""

import argparse
import json
import time

import duckdb

import lake

# Both sources as (order_id, member, at, net in cents, channel, category).
SOURCES = {
    "raw": """
        select order_id, member, "at", amount - discount as net, channel, category
        from read_parquet('{path}')""",
    "lake": """
        select id_number as order_id, account as member, time::timestamp as "at",
               (order_net * 100)::bigint as net, channel, order_line_category as category
        from {history} where kind = 'order'""",
}

SCAN = "select min(columns(*)) from ({source})"

FIGURES = """
with orders as ({source}),
-- What the member spent in the 365 days before the order, the order itself left out: the rung it is judged at.
before_it as (
    select *, coalesce(sum(net) over (
        partition by member order by "at"
        range between interval 365 days preceding and interval 1 millisecond preceding), 0) as spent
    from orders),
priced as (
    select *,
           case when spent >= 1000_00 then 150 when spent >= 300_00 then 125 else 100 end as percent,
           case when category = 'drinks' and channel = 'app' then 3 else 2 end as rate
    from before_it),
earned as (select *, (net // 100) * rate * percent // 100 as points from priced),
-- At most 500 a day, trimmed in the order of the day.
so_far as (
    select *, sum(points) over (
        partition by member, date_trunc('day', "at") order by "at", order_id rows unbounded preceding) as today
    from earned),
granted as (select *, greatest(0, least(today, 500) - least(today - points, 500)) as given from so_far),
members as (
    select member,
           sum(given) as issued,
           sum(given) filter ("at" > timestamp '2026-11-21' - interval 365 days) as balance,
           bool_or(percent = 150) as top
    from granted group by member)
select count(*), sum(issued), sum(balance), count(*) filter (top) from members
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source", choices=SOURCES)
    arguments.add_argument("path")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--scan", action="store_true")
    given = arguments.parse_args()

    connection = duckdb.connect()
    connection.execute(f"set threads = {given.threads}")
    connection.execute("set TimeZone = 'UTC'")
    history = lake.relation(given.path, "history") if given.source == "lake" else ""
    source = SOURCES[given.source].format(path=given.path, history=history)
    query = (SCAN if given.scan else FIGURES).format(source=source)
    start = time.perf_counter()
    row = connection.execute(query).fetchone()
    seconds = time.perf_counter() - start
    answer = {"seconds": round(seconds, 3), "version": f"duckdb {duckdb.__version__}"}
    if not given.scan:
        answer["figures"] = [int(value or 0) for value in row]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
