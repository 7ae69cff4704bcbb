"""Two nights of the bakery by a seed: with faults on the wire, notifications out of order, two executions at once, and
steps of the first night that come back from the dead.

Every call of a function can fail. Three of four seeds have functions that leave all repeating to the state machine, the
others have the SDK's own three attempts below it. Once both nights have been played the faults end, and one more
execution has to find everything in order, or bring it there.
"""

import collections
import random
import threading

import bakery
from invoke import FunctionFailed, PlatformFailed
from kept import empty
from stack import HERE, Stack

NIGHT = HERE.parents[1] / "infra" / "night.asl.json"
FUNCTIONS = ["ingest", "cut", "fold", "report", "serve"]
STEPS = ["Cut", "Fold", "Report", "Serve"]
# The steps once more, by processes that ask once and fail.
ONCE = {step: f"{step.lower()}-once" for step in STEPS}
MOST_EXECUTIONS = 6


def start_stack(proxy):
    """A stack in which all that functions ask for goes through `proxy`."""
    words = {name: ["env", f"AWS_SDK_UA_APP_ID={name}", bakery.built(name)] for name in FUNCTIONS}
    words |= {once: ["env", f"AWS_SDK_UA_APP_ID={step.lower()}", "AWS_MAX_ATTEMPTS=1", bakery.built(step.lower())]
              for step, once in ONCE.items()}
    environment = {"AWS_ENDPOINT_URL_S3": proxy.url, "AWS_ENDPOINT_URL_DYNAMODB": proxy.url, "RAYON_NUM_THREADS": "2"}
    return Stack(words, instances=2, environment=environment, haste=1000, visibility=120, shards=bakery.SHARDS)


class BadNights:
    """Plays schedules on one stack; `counts` says what beside faults on the wire was done to them."""

    def __init__(self, stack, proxy, deliveries, inboxes, keys):
        self.stack, self.proxy, self.deliveries, self.inboxes, self.keys = stack, proxy, deliveries, inboxes, keys
        self.counts, self.reasons, self.troubles = collections.Counter(), collections.Counter(), []
        once = {step: stack.arn(name) for step, name in ONCE.items()}
        self.machines = [stack.state_machine(NIGHT, Concurrency=4),
                         stack.state_machine(NIGHT, Concurrency=4, **once)]

    def play(self, seed, rate=0.0):
        """Both nights, disturbed unless the rate is 0, and then one more execution that nothing disturbs."""
        chance = random.Random(seed)
        empty(self.stack)
        self.stack.upload(bakery.PROGRAM, programs=bakery.FOLDER, keys=self.keys)
        machine = self.machines[seed % 4 > 0]
        for number, (inbox, night) in enumerate(zip(self.inboxes, bakery.NIGHTS, strict=True)):
            self.proxy.begin(f"{seed}/{night}", rate)
            self.one_night(machine, chance, inbox, night, back=number > 0 and rate > 0, disturbed=rate > 0)
        self.proxy.end()
        if rate:
            # What was settled and counted long ago, once more and by itself.
            self.raise_the_dead(chance)
        assert self.execute(machine, night) == 1
        assert self.troubles == []

    def one_night(self, machine, chance, inbox, night, back, disturbed):
        messages = self.deliveries.gather(self.stack.upload(bakery.PROGRAM, inbox=inbox))
        late = []
        if disturbed:
            messages, late = self.deliveries.disturb(messages, chance)
        for worker in self.deliveries.hand_over(messages, chance):
            worker.join()
        at_once = 1 + (disturbed and chance.random() < 0.5)
        self.counts["two at once"] += at_once == 2
        workers = self.deliveries.hand_over(late, chance)
        if back:
            workers.append(threading.Thread(target=self.raise_the_dead, args=(chance,)))
            workers[-1].start()
        self.execute(machine, night, at_once)
        for worker in workers:
            worker.join()

    def execute(self, machine, night, at_once=1):
        """Until an execution ended well: how many were begun for it. The second one and all later are a person's."""
        begun, asked = 0, {"program": bakery.PROGRAM, "night": night}
        while True:
            running = [machine.start(asked) for _ in range(at_once)]
            outcomes = [machine.wait(execution) for execution in running]
            begun += 1
            for outcome in outcomes:
                if outcome.status != "SUCCEEDED":
                    self.counts["nights failed"] += 1
                    self.reasons[outcome.failure()["Error"]] += 1
            if any(outcome.status == "SUCCEEDED" for outcome in outcomes):
                return begun
            at_once = 1
            if begun == MOST_EXECUTIONS:
                # A seed may be too cruel. Then the faults end, and the night must not.
                self.proxy.end()
            assert begun <= MOST_EXECUTIONS, outcomes[-1].explain()

    def raise_the_dead(self, chance):
        """Steps of the first run with their old input, some ranges of it twice, each in its own time."""
        ranges = [{"program": bakery.PROGRAM, "run": 1, "first": shard, "last": shard}
                  for shard in range(bakery.SHARDS)]
        zombies = [(name, asked) for name in ("fold", "serve") for asked in chance.choices(ranges, k=2)]
        zombies.append(("report", {"program": bakery.PROGRAM, "run": 1}))
        chance.shuffle(zombies)
        for name, asked in zombies:
            self.counts[f"zombies of {name}"] += 1
            try:
                self.stack.invoke(name, asked)
            except (FunctionFailed, PlatformFailed) as failed:
                if getattr(failed, "kind", None) != "Unavailable":
                    self.troubles.append(f"a zombie of {name}: {failed}")
