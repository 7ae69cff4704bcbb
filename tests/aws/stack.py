"""The AWS stack on this machine, without containers and without an account.

    with Stack({"ingest": "target/debug/ingest", ...}) as stack:
        stack.upload("coffee", inbox="samples/coffee", programs="programs/coffee", keys="coffee-keys.toml")
        stack.wait_until_ingested()
        night = stack.state_machine(ROOT / "infra/night.asl.json", Concurrency=4)
        outcome = night.run({"program": "coffee", "night": "2026-11-21"})
        assert outcome.status == "SUCCEEDED", outcome.explain()

S3 and SQS are ministack, DynamoDB is dynoxide (`RUNGS_DYNOXIDE` names its binary; without it ministack's), Lambda's Invoke
is cargo-lambda, the state machine runs in moto's interpreter, the rest of Lambda is `lambda_host.py` and
`event_source.py`. Each says what it puts right. All listen on 127.0.0.1 only.
"""

import json
import os
import pathlib
import shutil
import sys
import sysconfig
import tempfile

import boto3
from botocore.config import Config
from event_source import EventSource
from invoke import invoke
from lambda_host import LambdaHost
from processes import NotReady, Process, clean_environment, free_port, tail, wait_until
from state_machine import StateMachine
from upload import upload

HERE = pathlib.Path(__file__).resolve().parent
REGION, ACCOUNT = "eu-central-1", "000000000000"
# cargo-lambda serves only names that are binaries of a package, so it gets an empty one with theirs. It builds nothing
# as long as `--concurrency` is not given: with that it starts functions by `cargo run`, whatever else it was told.
PACKAGE = '[package]\nname = "lambda-api"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n'


class Stack:
    """Everything that a night needs of AWS. `functions`: name -> path of the built executable, or a list of words.

    `instances`: how many of one function run at a time (a number, or by name). `timeouts`: seconds until Lambda ends an
    invocation, by name. `environment`: more variables for the functions. `haste` divides the state machine's waits
    between retries. `visibility`: seconds after which a message that failed comes again; `receives`: how often until it
    is a dead letter. `dynamodb`: the URL of another DynamoDB, instead of its own.
    """

    def __init__(self, functions, instances=1, timeouts=None, environment=None, haste=1.0, visibility=2, receives=3,
                 bucket="rungs", table="rungs", shards=8, dynamodb=None):
        self.functions = {name: words if isinstance(words, list) else [words] for name, words in functions.items()}
        self.instances, self.timeouts, self.haste = instances, timeouts or {}, haste
        self.visibility, self.receives, self.environment = visibility, receives, environment or {}
        self.bucket, self.table, self.shards, self.dynamodb_url = bucket, table, shards, dynamodb
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="rungs-aws-"))
        self.failed, self.processes, self.host, self.source = False, [], None, None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop(failed=True)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.stop(failed=kind is not None)

    def _start(self):
        python, scripts = sys.executable, pathlib.Path(sysconfig.get_path("scripts"))
        ports = [free_port() for _ in range(4)]
        store, functions, machine, items = ports
        self.store_url, self.lambda_url, self.machine_url, items_url = (f"http://127.0.0.1:{port}" for port in ports)
        dynoxide = os.environ.get("RUNGS_DYNOXIDE")
        if dynoxide and not self.dynamodb_url:
            self.dynamodb_url = items_url
            self._spawn("dynoxide", [dynoxide, "--host", "127.0.0.1", "--port", items], clean_environment()) \
                .wait_for_port("dynoxide", items)
        self.dynamodb_url = self.dynamodb_url or self.store_url
        # All at once: each takes a second or less, together not more.
        ministack = self._spawn("ministack", [python, "-m", "ministack"], clean_environment(
            GATEWAY_PORT=str(store), BIND_HOST="127.0.0.1", IOT_MTLS_ENABLED="0", SFTP_ENABLED="0",
            SERVICES="s3,sqs,dynamodb", MINISTACK_REGION=REGION, MINISTACK_ACCOUNT_ID=ACCOUNT,
            TMPDIR=str(self.logs), LOG_LEVEL="INFO"))
        cargo_lambda = self._spawn(
            "cargo-lambda", [scripts / "cargo-lambda", "lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1",
                             "-P", functions], clean_environment(), self._package())
        interpreter = self._spawn(
            "interpreter", [python, HERE / "interpreter.py", "--port", machine, "--s3", self.store_url,
                            "--lambda", self.lambda_url, "--haste", self.haste], clean_environment())
        self._connect()
        cargo_lambda.wait_for_port("cargo-lambda", functions)
        self._start_functions(functions)
        ministack.wait_for_port("ministack", store)
        self._create()
        interpreter.wait_for_port("interpreter", machine)
        self.host.wait_until_ready()

    def _connect(self):
        def client(service, url):
            config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
            return boto3.client(service, endpoint_url=url, region_name=REGION, aws_access_key_id="test",
                                aws_secret_access_key="test", config=config)

        self.s3, self.sqs = client("s3", self.store_url), client("sqs", self.store_url)
        self.dynamodb, self.machines = client("dynamodb", self.dynamodb_url), client("stepfunctions", self.machine_url)

    def _start_functions(self, port):
        self.host = LambdaHost(port, self.logs, {
            "AWS_ENDPOINT_URL_S3": self.store_url, "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
            "RUNGS_BUCKET": self.bucket, "RUNGS_TABLE": self.table, "RUNGS_SHARDS": str(self.shards),
            "RUST_LOG": "info", "RUST_BACKTRACE": "1", **self.environment})
        for name, words in self.functions.items():
            number = self.instances.get(name, 1) if isinstance(self.instances, dict) else self.instances
            self.host.start(name, words, number, self.timeouts.get(name, 900.0), arn=self.arn(name))

    def _create(self):
        """The bucket, the table, the queue with its dead letters, and the notification, as the template has them.

        The table without its time to live: nights of the tests are long past, and what lapsed since would go away."""
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dynamodb.create_table(
            TableName=self.table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        self.dead = self.sqs.create_queue(QueueName="uploads-dead")["QueueUrl"]
        self.queue = self.sqs.create_queue(QueueName="uploads", Attributes={
            "VisibilityTimeout": str(self.visibility),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": _queue_arn("uploads-dead"),
                                         "maxReceiveCount": self.receives}),
        })["QueueUrl"]
        self.s3.put_bucket_notification_configuration(Bucket=self.bucket, NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": _queue_arn("uploads"), "Events": ["s3:ObjectCreated:*"],
                                     "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "inbox/"}]}}}]})
        if "ingest" in self.functions:
            self.source = EventSource(self.sqs, self.queue, _queue_arn("uploads"), self.lambda_url, "ingest",
                                      self.logs / "event-source.log")

    def upload(self, program, inbox=None, programs=None, keys=None):
        """Folders and the file of keys of a programme; gives the objects' keys. Notifications follow by themselves."""
        return upload(self.s3, self.bucket, program, inbox, programs, keys)

    def wait_until_ingested(self, timeout=60.0):
        """Until no notification waits or is in work. Dead letters count as done: look at `dead_letters`."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def idle():
            values = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
            return all(values[name] == "0" for name in names)

        wait_until("the queue of uploads is empty", idle, timeout)

    def dead_letters(self):
        """The bodies of the messages that ingest gave up (and takes them out of the queue of the dead)."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=self.dead, MaxNumberOfMessages=10).get("Messages", []):
            bodies += [message["Body"] for message in messages]
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.dead, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def invoke(self, name, payload, timeout=900):
        """A function's answer; raises `invoke.FunctionFailed` with `kind` if it answered with an error."""
        return invoke(self.lambda_url, name, payload, timeout)

    def arn(self, name):
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    def state_machine(self, definition, **values):
        """Creates a state machine from a path or text. `${Fold}` and its like are the functions; `values` are more."""
        known = {name.capitalize(): self.arn(name) for name in self.functions}
        return StateMachine(self.machines, definition, known | values)

    def told(self, lines=15):
        """The ends of all logs, for the report of a failed test."""
        return "\n".join(f"=== {log.name}\n{tail(log, lines)}" for log in sorted(self.logs.glob("*.log")))

    def stop(self, failed=False):
        if self.source:
            self.source.stop()
        if self.host:
            self.host.stop()
        for process in reversed(self.processes):
            process.stop()
        self.source, self.host, self.processes = None, None, []
        if failed or self.failed:
            print(f"logs of the stack: {self.logs}", file=sys.stderr)
        else:
            shutil.rmtree(self.logs, ignore_errors=True)

    def _spawn(self, name, words, environment, folder=None):
        process = Process(words, self.logs / f"{name}.log", environment, folder)
        self.processes.append(process)
        return process

    def _package(self):
        folder = self.logs / "lambda-api"
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "main.rs").write_text("fn main() {}\n")
        binaries = "".join(f'\n[[bin]]\nname = "{name}"\npath = "src/main.rs"\n' for name in self.functions)
        (folder / "Cargo.toml").write_text(PACKAGE + binaries)
        return folder


def _queue_arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


__all__ = ["NotReady", "Stack"]
