"""The event source mapping from a queue to a function, played by a thread.

On AWS the Lambda service polls the queue. cargo-lambda has no such thing and ministack's goes to ministack's own
functions, so this thread receives, invokes with the event in Lambda's form, and deletes what did not fail:

- a function that fails as a whole deletes nothing; the messages come again after the visibility timeout;
- `batchItemFailures` (the mapping has ReportBatchItemFailures) keeps the messages that it names, and all of them if it
  names one that was not in the batch;
- the queue's redrive policy moves a message to the dead letters, as in SQS.

Two things that ministack gets wrong in S3's events are put right on the way: keys are URL-encoded, as S3 does
(ministack sends them bare), and `sequencer` rises (ministack sends 0). S3's test event is passed on as it is: AWS sends
one too, and ingest has to bear it.
"""

import json
import threading
import traceback
import urllib.parse

from invoke import FunctionFailed, PlatformFailed, invoke

BATCH = 10


class EventSource:
    """Polls `queue` and invokes `function` until it is stopped."""

    def __init__(self, sqs, queue, queue_arn, lambda_url, function, log):
        self.sqs, self.queue, self.queue_arn = sqs, queue, queue_arn
        self.lambda_url, self.function, self.log = lambda_url, function, log
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join()

    def _run(self):
        with open(self.log, "a", encoding="utf-8", buffering=1) as log:
            while not self.stopping.is_set():
                try:
                    received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=BATCH,
                                                        WaitTimeSeconds=0, MessageSystemAttributeNames=["All"])
                    messages = received.get("Messages", [])
                    if not messages:
                        self.stopping.wait(0.03)
                        continue
                    failed = self._hand_over(messages, log)
                    self._delete([message for message in messages if message["MessageId"] not in failed])
                except Exception:  # noqa: BLE001; the thread must outlive whatever a test does to the stack
                    traceback.print_exc(file=log)
                    self.stopping.wait(0.2)

    def _hand_over(self, messages, log):
        """Invokes the function with a batch; the ids that stay in the queue."""
        ids = {message["MessageId"] for message in messages}
        try:
            answer = invoke(self.lambda_url, self.function, self.event(messages))
            named = [failure.get("itemIdentifier") for failure in (answer or {}).get("batchItemFailures") or []]
        except (FunctionFailed, PlatformFailed) as error:
            print(f"{len(messages)} messages stay: {error}", file=log)
            return ids
        except AttributeError:
            print(f"{len(messages)} messages stay: the answer is not a list of failures", file=log)
            return ids
        print(f"{len(messages)} messages, {len(named)} failed", file=log)
        return set(named) if set(named) <= ids else ids

    def event(self, messages):
        """The batch as Lambda hands it to a function."""
        return {"Records": [{
            "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"],
            "body": as_s3_says(message["Body"], message["Attributes"]["SentTimestamp"]),
            "attributes": message["Attributes"], "messageAttributes": {}, "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs", "eventSourceARN": self.queue_arn, "awsRegion": self.queue_arn.split(":")[3],
        } for message in messages]}

    def _delete(self, messages):
        if messages:
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=[
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)])


def as_s3_says(body, sent):
    """S3's event with the key encoded and a sequencer that rises with the time at which it was sent."""
    event = json.loads(body)
    for record in event.get("Records", []):
        thing = record["s3"]["object"]
        thing["key"] = urllib.parse.quote_plus(thing["key"], safe="/")
        thing["sequencer"] = f"{int(sent):018X}"
    return json.dumps(event)


