"""The template as `sam deploy` puts it into a local AWS, with the functions as packages of what cargo has built.

Here ministack plays all of AWS, also Lambda: it runs a package's `bootstrap` as Lambda does. What it does not know is
left out of the copy that is deployed (`NOT_IN_MINISTACK`); the test holds the template's own text instead.
"""

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import pathlib
import zipfile

import bakery
import boto3
from botocore.config import Config
from processes import Process, clean_environment, free_port

INFRA = pathlib.Path(__file__).resolve().parents[2] / "infra"
FUNCTIONS = ["ingest", "cut", "fold", "report", "serve"]
REGION, ACCOUNT, NAME = "eu-central-1", "000000000000", "rungs"
BUCKET = f"{NAME}-{ACCOUNT}-{REGION}"
# An alarm on metric math is a resource that ministack refuses.
NOT_IN_MINISTACK = ("NightLate",)
ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class Deployed:
    """A stack named `rungs` for the bakery."""

    def __init__(self, folder):
        self.folder, port = folder, free_port()
        self.url = f"http://127.0.0.1:{port}"
        # Functions inherit what ministack knows; with an endpoint of its own S3 is asked by path.
        self.ministack = Process([sys.executable, "-m", "ministack"], folder / "ministack.log", clean_environment(
            GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", IOT_MTLS_ENABLED="0", SFTP_ENABLED="0", TMPDIR=str(folder),
            MINISTACK_REGION=REGION, MINISTACK_ACCOUNT_ID=ACCOUNT, AWS_ENDPOINT_URL=self.url,
            AWS_ENDPOINT_URL_S3=self.url))
        try:
            self.ministack.wait_for_port("ministack", port)
            self.s3, self.bucket = self.client("s3"), BUCKET
            self.s3.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
            self._deploy(self._template())
        except BaseException:
            self.ministack.stop()
            raise

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test",
                            aws_secret_access_key="test", config=Config(s3={"addressing_style": "path"}))

    def resources(self):
        """Type and physical id by logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=NAME)
        return {found["LogicalResourceId"]: (found["ResourceType"], found["PhysicalResourceId"])
                for page in pages for found in page["StackResourceSummaries"]}

    def outputs(self):
        [stack] = self.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def delete(self):
        formation = self.client("cloudformation")
        formation.delete_stack(StackName=NAME)
        formation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})

    def _template(self):
        text = (INFRA / "template.yaml").read_text()
        for name in FUNCTIONS:
            package(bakery.built(name), self.folder / f"{name}.zip")
            text = replaced(text, re.escape(f"../functions/{name}/"), f"{name}.zip")
        for name in NOT_IN_MINISTACK:
            text = replaced(text, rf"(?ms)^  {name}:\n.*?(?=^  \w)", "")
        template = self.folder / "template.yaml"
        template.write_text(text)
        shutil.copy(INFRA / "night.asl.json", self.folder)
        return template

    def _deploy(self, template):
        sam = pathlib.Path(sysconfig.get_path("scripts")) / "sam"
        done = subprocess.run(
            [sam, "deploy", "--template-file", template, "--stack-name", NAME, "--s3-bucket", "packages",
             "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar", "--region", REGION,
             "--parameter-overrides", f"Program={bakery.PROGRAM}", "Zone=Europe/Berlin",
             f"Architecture={ARCHITECTURES[platform.machine()]}", f"Shards={bakery.SHARDS}"],
            cwd=self.folder, capture_output=True, text=True, check=False,
            env=clean_environment(AWS_ENDPOINT_URL=self.url, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                                  AWS_DEFAULT_REGION=REGION, SAM_CLI_TELEMETRY="0",
                                  SAM_CLI_POLL_DELAY="0.5"))
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self):
        self.ministack.stop()


def package(binary, path):
    """A package for `provided.al2023`: one executable named bootstrap."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive:
        archive.writestr(entry, stripped(binary, path.with_suffix(".stripped")), compresslevel=1)


def stripped(binary, place):
    """Without what only a debugger reads, where there is a tool for it: it is most of a build that is not released."""
    if shutil.which("strip") is None:
        return binary.read_bytes()
    subprocess.run(["strip", "-o", place, binary], check=True)
    return place.read_bytes()


def replaced(text, pattern, by):
    changed, times = re.subn(pattern, by, text)
    assert times == 1, f"{pattern} is there {times} times"
    return changed
