"""A state machine in the interpreter: created from a definition with `${...}`, run, and explained when it failed."""

import dataclasses
import json
import pathlib
import re
import time
import uuid

from processes import NotReady

ROLE = "arn:aws:iam::123456789012:role/night"
ENTERED = re.compile("(.*)StateEntered$")


@dataclasses.dataclass
class Outcome:
    """How an execution ended."""

    status: str
    output: object
    error: str | None
    cause: str | None
    events: list

    def entered(self):
        """The states in order. What happens inside a distributed Map is not in its parent's history."""
        return [event["stateEnteredEventDetails"]["name"] for event in self.events if ENTERED.match(event["type"])]

    def failure(self):
        """What a Catch handed to the Fail state: `Error` and `Cause` as the step that failed gave them."""
        handed = [event["stateEnteredEventDetails"]["input"] for event in self.events
                  if event["type"] == "FailStateEntered"]
        return json.loads(handed[-1])["failure"] if handed else None

    def explain(self):
        """The history in lines, for the message of a failed test."""
        lines = [f"{self.status} {self.error or ''} {self.cause or ''}".rstrip()]
        for event in self.events:
            details = [value for name, value in event.items() if name.endswith("EventDetails")]
            lines.append(f"{event['id']:>4} {event['type']} {json.dumps(details, default=str)[1:-1]}"[:400])
        return "\n".join(lines)


def substitute(definition, values):
    """Replaces every `${Name}` as CloudFormation does with DefinitionSubstitutions: as text, quotes and all."""
    names = set(re.findall(r"\$\{([A-Za-z0-9_.]+)\}", definition))
    if missing := sorted(names - values.keys()):
        raise KeyError(f"the definition wants values for {', '.join(missing)}")
    return re.sub(r"\$\{([A-Za-z0-9_.]+)\}", lambda match: str(values[match[1]]), definition)


def as_moto_reads(value):
    """The definition with tolerated percentages as decimals: moto's grammar refuses whole numbers, AWS takes them."""
    if isinstance(value, list):
        return [as_moto_reads(item) for item in value]
    if isinstance(value, dict):
        return {name: float(item) if name == "ToleratedFailurePercentage" else as_moto_reads(item)
                for name, item in value.items()}
    return value


class StateMachine:
    """One definition in the interpreter."""

    def __init__(self, client, definition, values, name="night"):
        text = definition.read_text() if isinstance(definition, pathlib.Path) else definition
        self.definition = json.dumps(as_moto_reads(json.loads(substitute(text, values))))
        self.client = client
        self.arn = client.create_state_machine(name=f"{name}-{uuid.uuid4().hex[:8]}", definition=self.definition,
                                               roleArn=ROLE)["stateMachineArn"]

    def start(self, value):
        """Begins an execution; gives its ARN."""
        return self.client.start_execution(stateMachineArn=self.arn, name=uuid.uuid4().hex,
                                           input=json.dumps(value))["executionArn"]

    def wait(self, execution, timeout=120.0):
        end = time.monotonic() + timeout
        while (state := self.client.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > end:
                told = self._outcome(execution, state).explain()
                raise NotReady(f"an execution still runs after {timeout:g} s\n{told}")
            time.sleep(0.02)
        return self._outcome(execution, state)

    def run(self, value, timeout=120.0):
        """An execution from its input to its end."""
        return self.wait(self.start(value), timeout)

    def _outcome(self, execution, state):
        events = self.client.get_execution_history(executionArn=execution)["events"]
        return Outcome(state["status"], json.loads(state.get("output") or "null"), state.get("error"),
                       state.get("cause"), events)
