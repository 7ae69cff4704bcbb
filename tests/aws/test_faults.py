"""Nothing that goes wrong between the functions and their stores changes what a night settles, or issues it twice.

Twenty schedules by seed run through the real state machine and the real functions over HTTP; what each leaves is held
against the store of a laptop that nothing disturbed, byte for byte, and against the table of a stack that nothing
disturbed, item for item.
"""

import re

import bakery
import pytest
from bad_nights import BadNights, start_stack
from deliveries import Deliveries
from fault_proxy import KINDS, FaultProxy
from kept import differences, items, rows, usable

SEEDS = range(20)
# Some schedules are bad days, on which nights fail as a whole and somebody has to start them again.
BAD = (5, 11, 17)
DONE = ("twice", "out of order", "late", "again", "two at once", "nights failed", "zombies of fold", "zombies of serve",
        "zombies of report")


def rate(seed):
    """One in how many calls fails. Fewer where the SDK repeats them: it waits for half a second each time."""
    return 0.07 if seed in BAD else 0.025 if seed % 4 else 0.012


@pytest.fixture(scope="module")
def proxy():
    proxy = FaultProxy()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def stack(proxy):
    with start_stack(proxy) as stack:
        proxy.targets = {"s3": stack.store_url, "dynamodb": stack.dynamodb_url}
        yield stack


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    """The inboxes, and the store that nothing disturbed."""
    folder = tmp_path_factory.mktemp("laptop")
    inboxes = bakery.write_uploads(folder)
    return inboxes, bakery.on_the_laptop(folder, inboxes)


@pytest.fixture(scope="module")
def nights(stack, proxy, laptop, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys.toml"
    keys.write_text(bakery.KEYS)
    return BadNights(stack, proxy, Deliveries(stack), laptop[0], keys)


@pytest.fixture(scope="module")
def undisturbed(nights, stack, laptop):
    """The table after both nights without any fault."""
    nights.play(0)
    assert differences(stack, bakery.PROGRAM, laptop[1]) == []
    return items(stack, bakery.PROGRAM)


def test_the_undisturbed_table_has_the_laptops_rewards_and_members(undisturbed, laptop):
    served = rows(laptop[1], "select account, id from reward")
    assert usable(undisturbed, bakery.PROGRAM) == {(row["account"], row["id"]) for row in served}
    balances = {row["account"]: row["balance"] for row in rows(laptop[1], "select account, balance from member")}
    assert len(balances) == len(bakery.MEMBERS)
    assert balances == {pk.split("#")[2]: int(item["balance"]["N"]) for (pk, sk), item in undisturbed.items()
                        if sk == "member"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_disturbed_night_settles_the_same(nights, stack, proxy, laptop, undisturbed, seed):
    before = proxy.injected.total()
    nights.play(seed, rate(seed))
    assert proxy.injected.total() > before
    assert differences(stack, bakery.PROGRAM, laptop[1]) == []
    found = items(stack, bakery.PROGRAM)
    assert found.keys() == undisturbed.keys()
    assert {key: item for key, item in found.items() if item != undisturbed[key]} == {}


def test_every_kind_of_fault_occurred(nights, proxy, capsys):
    """After all schedules: what was really done to them."""
    done = nights.counts + nights.deliveries.counts
    with capsys.disabled():
        print("\n  calls:", ", ".join(f"{number} {action}" for action, number in sorted(proxy.calls.items())))
        print("  faults:", ", ".join(f"{number} {kind}" for kind, number in sorted(proxy.injected.items())))
        print("  beside:", ", ".join(f"{number} {what}" for what, number in sorted(done.items())))
        print("  failed nights:", dict(nights.reasons))
    assert {kind for kind in KINDS if proxy.injected[kind] < 3} == set()
    assert {what for what in DONE if done[what] < 3} == set()


def test_nothing_failed_but_what_could_not_be_reached(nights, stack, undisturbed):
    """A fault on the wire may not look like trouble with the programme: nobody would start the night again."""
    assert set(nights.reasons) <= {"Unavailable", "States.ExceedToleratedFailureThreshold"}
    told = (stack.logs / "interpreter.log").read_text()
    assert set(re.findall(r"'error': '([^']+)'", told)) == {"Unavailable"}
