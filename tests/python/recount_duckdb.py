"""The same KPIs in DuckDB, written from the definitions and not from `recount_pandas.py`."""

from fractions import Fraction

import duckdb


def connect(path, as_of):
    """A connection with the log as table `log` and the day of the report as macro `as_of()`."""
    connection = duckdb.connect()
    connection.execute(
        f"""
        create table log as
        select customer, date, (amount * 100)::bigint as cents
        from read_csv('{path}', types = {{'customer': 'varchar', 'date': 'date', 'amount': 'decimal(12, 2)'}});
        create macro as_of() as date '{as_of}';
        -- Whole periods: they began with or after that of the first purchase and ended by the report.
        create macro complete(unit) as table
            select start::date as start, (start + ('1 ' || unit)::interval)::date as next
            from (select unnest(generate_series(date_trunc(unit, (select min(date) from log)), as_of()::timestamp,
                                                ('1 ' || unit)::interval)) as start)
            where start + ('1 ' || unit)::interval <= as_of() + interval 1 day;
        """
    )
    return connection


QUARTERS = """
with bought as (
    select distinct date_trunc('quarter', date)::date as quarter, customer from log),
orders as (
    select date_trunc('quarter', date)::date as quarter, customer, count(*) as orders, sum(cents) as cents
    from log group by all)
select start, next,
       count(customer) as customers,
       coalesce(sum(orders), 0) as orders,
       coalesce(sum(cents), 0) as cents,
       count(*) filter (orders >= 2) as repeaters,
       count(*) filter (customer in (select customer from bought where quarter = next)) as stayed,
       next in (select start from complete('quarter')) as known
from complete('quarter') left join orders on quarter = start
group by start, next order by start
"""

COHORTS = """
with first as (select customer, date_trunc('month', min(date))::date as cohort from log group by customer),
active as (select distinct customer, date_trunc('month', date)::date as month from log),
cells as (
    select cohort, date_diff('month', cohort, month) as k, count(*) as stayed
    from active join first using (customer) group by all),
sizes as (select cohort, count(*) as size from first group by cohort),
grid as (
    select cohort, size, cohorts.next, date_diff('month', cohort, months.start) as k
    from sizes join complete('month') cohorts on cohorts.start = cohort
    join complete('month') months on months.start >= cohort)
select cohort, next, k, coalesce(stayed, 0), size from grid left join cells using (cohort, k) order by all
"""

ALL_TIME = """
with customers as (select customer, count(*) as orders from log group by customer),
days as (select distinct customer, date from log),
gaps as (
    select customer, date - lag(date) over (partition by customer order by date) as gap from days
    qualify gap is not null),
means as (select avg(gap) as mean from gaps group by customer)
select
    (select count(*) filter (orders >= 2) from customers), (select count(*) from customers),
    (select sum(gap) from gaps), (select count(*) from gaps),
    (select quantile_cont(gap, 0.5) from gaps), (select quantile_cont(gap, 0.9) from gaps),
    (select sum(mean) from means), (select count(*) from means),
    (select count(distinct customer) from log where date > as_of() - 90)
"""


def of_periods(connection):
    """Figures of every complete quarter, and the retention from each to the next."""
    found = {}
    for start, next_, customers, orders, cents, repeaters, stayed, known in connection.execute(QUARTERS).fetchall():
        window = (str(start), str(next_), ())
        found["orders-per-buyer", *window] = (orders, customers)
        found["basket", *window] = (Fraction(int(cents), 100), orders)
        found["repeat-in-quarter", *window] = (repeaters, customers)
        if known:
            found["quarter-retention", *window] = (stayed, customers)
            found["quarter-churn", *window] = (customers - stayed, customers)
    return found


def of_cohorts(connection):
    """Cell k: members of the cohort who bought in the k-th month after their first."""
    rows = connection.execute(COHORTS).fetchall()
    return {
        ("cohorts", str(cohort), str(next_), (("k", str(k)),)): (stayed, size)
        for cohort, next_, k, stayed, size in rows
    }


def of_all_time(connection):
    """Figures over everything, named as in `recount_pandas.py`."""
    repeaters, customers, days, gaps, median, p90, means, with_gaps, recent = connection.execute(ALL_TIME).fetchone()
    return {
        "repeat-ever": (repeaters, customers),
        "days-between": (days, gaps),
        "days-between median": (Fraction(str(median)), 1),
        "days-between p90": (Fraction(str(round(p90, 6))), 1),
        "days-between mean_of_means": (Fraction(means), with_gaps),
        "active-90": (recent, customers),
    }
