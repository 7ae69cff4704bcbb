"""Which items of the table were asked to be written, counted where the calls go over the wire."""

import json

from call_log import CallLog


class ItemLog(CallLog):
    """`written`: the keys (pk, sk) of all items that calls asked to write, in order, also when that changed nothing:
    DynamoDB bills a write that its condition refuses."""

    def __init__(self, bucket):
        self.written, self.unknown = [], set()
        super().__init__(bucket)

    def remember(self, method, path, headers, body):
        super().remember(method, path, headers, body)
        target = headers.get("X-Amz-Target")
        if target:
            with self.lock:
                self.written += self.keys(target.split(".")[1], json.loads(body))

    def keys(self, action, asked):
        if action == "UpdateItem":
            return [plain(asked["Key"])]
        if action == "BatchWriteItem":
            requests = [request for items in asked["RequestItems"].values() for request in items]
            return [plain(request["PutRequest"]["Item"]) for request in requests]
        self.unknown.add(action)
        return []

    def take(self):
        """What was written since this was asked last."""
        with self.lock:
            taken, self.written = self.written, []
        return taken


def plain(item):
    return item["pk"]["S"], item["sk"]["S"]
