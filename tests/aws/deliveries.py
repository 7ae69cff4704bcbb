"""Notifications of uploads as a queue may deliver them: twice, in another order, at once to two, and late.

Takes the place of the event source mapping (`event_source.py`), whose thread is stopped: here the test decides what is
handed over when. A message that ingest names as failed comes again, and is given up after some times, as the template's
queue does; then it is the night that finds the upload.
"""

import collections
import json
import threading

from invoke import FunctionFailed, PlatformFailed
from processes import wait_until

RECEIVES = 5


class Deliveries:
    """The queue of a stack, emptied by hand; `counts` says what was done to its messages."""

    def __init__(self, stack):
        stack.source.stop()
        self.stack, self.counts = stack, collections.Counter()

    def gather(self, keys):
        """The messages that tell of these uploads, taken out of the queue."""
        wanted, messages = set(keys), []

        def complete():
            received = self.stack.sqs.receive_message(QueueUrl=self.stack.queue, MaxNumberOfMessages=10,
                                                      MessageSystemAttributeNames=["All"])
            for message in received.get("Messages", []):
                self.stack.sqs.delete_message(QueueUrl=self.stack.queue, ReceiptHandle=message["ReceiptHandle"])
                records = json.loads(message["Body"]).get("Records", [])
                told = {record["s3"]["object"]["key"] for record in records}
                if told & wanted:
                    messages.append(message)
                    wanted.difference_update(told)
            return not wanted

        wait_until("the notifications of the uploads", complete)
        return messages

    def disturb(self, messages, chance):
        """The messages as they come: some twice, in any order. And those that come only when the night has begun."""
        twice = [message for message in messages if chance.random() < 0.5]
        coming = messages + twice
        chance.shuffle(coming)
        late = [coming.pop() for _ in range(chance.randrange(3)) if len(coming) > 1]
        self.counts["twice"] += len(twice)
        self.counts["late"] += len(late)
        self.counts["out of order"] += coming != sorted(coming, key=messages.index)
        return coming, late

    def hand_over(self, messages, chance):
        """Two at a time, in batches of one to three, until ingest has taken them all or they are given up."""
        batches, waiting = [], list(messages)
        while waiting:
            size = chance.randint(1, 3)
            batches.append(waiting[:size])
            waiting = waiting[size:]
        workers = [threading.Thread(target=self._work_off, args=(batches[part::2],)) for part in range(2)]
        for worker in workers:
            worker.start()
        return workers

    def _work_off(self, batches):
        for batch in batches:
            for _ in range(RECEIVES):
                failed = self._invoke(batch)
                batch = [message for message in batch if message["MessageId"] in failed]
                if not batch:
                    break
                self.counts["again"] += len(batch)
            self.counts["given up"] += len(batch)

    def _invoke(self, batch):
        """The ids of the messages that stay."""
        try:
            answer = self.stack.invoke("ingest", self.stack.source.event(batch))
        except (FunctionFailed, PlatformFailed):
            return {message["MessageId"] for message in batch}
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
