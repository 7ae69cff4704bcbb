"""`sam deploy` takes the template as it is, and what it makes is connected: an upload starts the real `bootstrap`.

What no emulator shows honestly is not played here but read in the template's text: whether a role suffices and what it
keeps out (nothing here enforces IAM, see also `test_rights.py`), and that the schedule starts the state machine, since
ministack would start one of its own, which reports success whatever its tasks do. `test_night.py` runs the state
machine in an interpreter that takes it at its word. Two resources that ministack does not have are left out
(`deployed.py`), and of others it forgets a part: that too is read in the text.
"""

import json

import bakery
import pytest
from botocore.exceptions import ClientError
from deployed import BUCKET, NAME, NOT_IN_MINISTACK, Deployed
from kept import content, keys
from processes import wait_until
from upload import upload

FUNCTIONS = ["Ingest", "Cut", "Fold", "Report", "Serve"]
ROLES = [f"{name}Role" for name in (*FUNCTIONS, "Night", "Schedule")]
ALARMS = ["NightFailed", "NightTimedOut", "NightAborted", "UploadsLost", "NightNotStarted", "Quarantined"]
RETAINED = ["Bucket", "Table", "KeysKey"]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    deployed = Deployed(tmp_path_factory.mktemp("deployed"))
    yield deployed
    deployed.stop()


@pytest.fixture(scope="module")
def made(deployed):
    return deployed.resources()


def test_every_resource_of_the_template_is_made(made, template):
    conditional = {name for name, resource in template.items() if "Condition" in resource}
    assert template.keys() - conditional - set(NOT_IN_MINISTACK) <= made.keys()


def test_the_functions_run_as_the_template_says(deployed, made, template):
    functions = deployed.client("lambda")
    for name in FUNCTIONS:
        is_now = functions.get_function_configuration(FunctionName=made[name][1])
        wanted = template[name]["Properties"]
        assert is_now["FunctionName"] == f"{NAME}-{name.lower()}"
        assert (is_now["Runtime"], is_now["Handler"]) == ("provided.al2023", "bootstrap")
        assert (is_now["MemorySize"], is_now["Timeout"]) == (wanted["MemorySize"], wanted["Timeout"])
        assert is_now["Role"].endswith(made[f"{name}Role"][1])
        variables = is_now["Environment"]["Variables"]
        assert (variables["RUNGS_BUCKET"], variables["RUNGS_TABLE"]) == (BUCKET, made["Table"][1])


def test_the_table_has_the_keys_by_which_it_is_read(deployed, made):
    table = deployed.client("dynamodb").describe_table(TableName=made["Table"][1])["Table"]
    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}


def test_the_queue_feeds_ingest(deployed, made):
    queue = deployed.client("sqs").get_queue_attributes(QueueUrl=made["Inbox"][1], AttributeNames=["QueueArn"])
    [mapping] = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == queue["Attributes"]["QueueArn"]
    assert mapping["FunctionArn"].endswith(f":{NAME}-ingest")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_roles_alarms_schedule_and_state_machine_are_there(deployed, made):
    roles = {role["RoleName"] for role in deployed.client("iam").list_roles()["Roles"]}
    assert {made[role][1] for role in ROLES} <= roles
    alarms = {alarm["AlarmName"] for alarm in deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert {made[alarm][1] for alarm in ALARMS} <= alarms
    [schedule] = deployed.client("scheduler").list_schedules()["Schedules"]
    assert schedule["Target"]["Arn"] == deployed.outputs()["NightArn"]
    machine = deployed.client("stepfunctions").describe_state_machine(stateMachineArn=made["Night"][1])
    states = json.loads(machine["definition"])["States"]
    assert states["Cut"]["Parameters"]["FunctionName"].endswith(f":{NAME}-cut")


def test_an_upload_starts_the_bootstrap(deployed, tmp_path):
    """Bucket, notification, queue, mapping and package: what ingest leaves in the lake says that it ran."""
    key = tmp_path / "keys.toml"
    key.write_text(bakery.KEYS)
    bakery.write(tmp_path / "inbox" / "till" / "may.csv", bakery.ORDERS, [["1", "ann", "2025-05-10 09:00", "60.00", 1]])
    upload(deployed.s3, BUCKET, bakery.PROGRAM, inbox=tmp_path / "inbox", programs=bakery.FOLDER, keys=key)
    receipts = f"lake/{bakery.PROGRAM}/staged/receipts/"
    wait_until("what ingest leaves", lambda: keys(deployed, receipts), 90, every=0.2)
    [receipt] = keys(deployed, receipts)
    told = json.loads(content(deployed, receipt))
    assert (told["name"], told["dataset"], told["read"], told["rejected"]) == ("till/may.csv", "till", 1, 0)


def test_deleting_the_stack_leaves_nothing_that_runs(deployed, made):
    """The last test of this stack. ministack also deletes what the template retains, see below."""
    deployed.delete()
    assert deployed.client("lambda").list_functions()["Functions"] == []
    assert deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert deployed.client("sqs").list_queues().get("QueueUrls", []) == []
    assert deployed.client("scheduler").list_schedules()["Schedules"] == []
    with pytest.raises(ClientError):
        deployed.client("stepfunctions").describe_state_machine(stateMachineArn=made["Night"][1])


def test_the_schedule_starts_the_state_machine(template):
    """Only the text can say it."""
    schedule = template["Schedule"]["Properties"]
    target = schedule["Target"]
    assert (target["Arn"], target["RoleArn"]) == ({"Ref": "Night"}, {"Fn::GetAtt": ["ScheduleRole", "Arn"]})
    assert schedule["ScheduleExpressionTimezone"] == {"Ref": "Zone"}
    asked = json.loads(target["Input"]["Fn::Sub"])
    assert asked == {"program": "${Program}", "time": "<aws.scheduler.scheduled-time>"}
    [policy] = template["ScheduleRole"]["Properties"]["Policies"]
    start = policy["PolicyDocument"]["Statement"][0]
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", {"Ref": "Night"})


def test_what_ministack_leaves_out_of_resources(template):
    """It makes the queue without its dead letters and the table without a time to live, and keeps nothing back."""
    policy = template["Inbox"]["Properties"]["RedrivePolicy"]
    assert policy == {"deadLetterTargetArn": {"Fn::GetAtt": ["InboxLost", "Arn"]}, "maxReceiveCount": 5}
    assert template["Table"]["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    for name in RETAINED:
        assert (template[name]["DeletionPolicy"], template[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_what_ministack_does_not_have_is_as_it_should_be(template):
    """Whether it rings shows on AWS alone."""
    late = template["NightLate"]["Properties"]
    assert (late["EvaluationPeriods"], late["TreatMissingData"]) == (26, "breaching")
    assert late["AlarmActions"] == [{"Ref": "Alarms"}]


def test_no_role_may_do_everything(template):
    """Nothing here enforces a role; so no role may allow more than its list says, or be another's."""
    for name in ROLES:
        for policy in template[name]["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert statement["Effect"] == "Allow" and not any("*" in action for action in actions)
                assert statement["Resource"] != "*" or statement["Sid"] == "DeliverLog"
    for function in FUNCTIONS:
        assert template[function]["Properties"]["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
