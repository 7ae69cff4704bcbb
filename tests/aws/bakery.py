"""A bakery of sixteen members: uploads by seed for two nights, and what a laptop makes of them.

Small, so that a night of it takes about a second. The second night corrects the first: amounts that were keyed in wrong
take vouchers back and give new ones, orders are returned, points are spent; and a draw is held on its Monday.
"""

import os
import pathlib
import random
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM, SHARDS = "bakery", 2
FOLDER = HERE / PROGRAM
KEYS = 'draw = "' + "1" * 64 + '"\npseudonym = "' + "2" * 64 + '"\n'
NIGHTS = ("2025-05-14", "2025-05-19")
MEMBERS = [f"card-{number:02}" for number in range(16)]
ORDERS = "receipt,card,paid_at,net,revision"


def built(name):
    """The folder of what cargo has built, as the test command says it."""
    return pathlib.Path(os.environ.get("RUNGS_BUILT", HERE.parents[1] / "target" / "release")) / name


def write_uploads(folder, seed=1):
    """Two inboxes, `first` and `second`: what is uploaded before each night. Gives their folders."""
    chance = random.Random(seed)
    orders = [[number, chance.choice(MEMBERS), time(chance, 1, 14), amount(chance), 1] for number in range(60)]
    first, second = folder / "first", folder / "second"
    for part in range(3):
        write(first / "till" / f"may-{part}.csv", ORDERS, orders[part::3])
    write(first / "spent" / "may.csv", "id,card,at,reward,quantity,points",
          [[f"s-{number}", chance.choice(MEMBERS), time(chance, 12, 14), "loaf", 1, ""] for number in range(8)])
    corrected = [[*order[:3], amount(chance), 2] for order in chance.sample(orders, 10)]
    later = [[number, chance.choice(MEMBERS), time(chance, 15, 19), amount(chance), 1] for number in range(60, 74)]
    write(second / "till" / "corrected.csv", ORDERS, corrected)
    write(second / "till" / "later.csv", ORDERS, later)
    returned = chance.sample([order for order in orders if order[0] not in {fixed[0] for fixed in corrected}], 6)
    write(second / "back" / "may.csv", "id,card,at,order",
          [[f"b-{order[0]}", order[1], time(chance, 15, 18), order[0]] for order in returned])
    return first, second


def amount(chance):
    return f"{chance.choice([3, 8, 20, 55, 70]) + chance.randrange(100) / 100:.2f}"


def time(chance, first, last):
    return f"2025-05-{chance.randint(first, last):02} {chance.randint(7, 18):02}:{chance.randrange(60):02}"


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def on_the_laptop(folder, inboxes, nights=NIGHTS, program=FOLDER, shards=SHARDS):
    """The store after these nights, before each of which one inbox is uploaded."""
    inbox, store, keys = folder / "inbox", folder / "store", folder / "keys.toml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    for uploads, night in zip(inboxes, nights, strict=True):
        for file in sorted(path for path in uploads.rglob("*") if path.is_file()):
            copy = inbox / file.relative_to(uploads)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
        subprocess.run([built("rungs"), "run", "--quiet", "--program", program, "--inbox", inbox, "--store", store,
                        "--keys", keys, "--as-of", night, "--shards", str(shards)], check=True)
    return store
