"""The state machine interpreter of moto 5.2.5 as a server of its own: `interpreter.py --port P --s3 URL --lambda URL`.

It runs Amazon States Language as written, with these adaptations:

- the interpreter's own clients go to the stack: S3 by path, Lambda through `invoke.py`, every other service is refused;
- `ToleratedFailurePercentage` and `ToleratedFailureCount`, which moto reads and ignores, end a distributed Map with
  `States.ExceedToleratedFailureThreshold`; children that still run or wait for a retry are aborted, none is begun;
- a failure of an ItemReader is called `States.ItemReaderFailed`;
- a worker of a distributed Map takes items in a loop: moto calls itself for every item and runs out of stack;
- a Map starts no more workers than it has items, whatever MaxConcurrency says;
- the waits between retries are divided by `--haste`, so that back-off need not be slept through.

Why an item failed is written to standard error: the history of a Map has no children's events, here as on AWS.
"""

import argparse
import functools
import io
import json
import logging
import sys
import threading
import time
import types

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from invoke import FunctionFailed, PlatformFailed, invoke
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.stepfunctions.parser import models as _loads_every_part  # noqa: F401
from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as map_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import JobPool
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError
from moto.stepfunctions.parser.asl.utils import boto_client
from werkzeug.serving import run_simple

# Every child of a Map is three threads, and each copies and walks nested structures.
THREAD_STACK = 16 * 1024 * 1024
RECURSION = 10_000


class LambdaClient:
    """What moto asks of boto3's client: an answer with `FunctionError`, or a ClientError."""

    def __init__(self, url):
        self.url = url

    def invoke(self, FunctionName, Payload=b"{}", **_):  # noqa: N803; the names of the API
        name = FunctionName.split(":function:")[-1].split(":")[0]
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            value = invoke(self.url, name, json.loads(Payload))
        except FunctionFailed as failed:
            answer |= {"FunctionError": "Unhandled"}
            value = failed.body
        except PlatformFailed as failed:
            raise ClientError({"Error": {"Code": failed.code, "Message": str(failed)},
                               "ResponseMetadata": {"HTTPStatusCode": 500, "RequestId": "none"}}, "Invoke") from failed
        return answer | {"Payload": io.BytesIO(json.dumps(value).encode())}


def use_stack(s3_url, lambda_url):
    """Points the interpreter's clients at the stack."""
    s3 = boto3.client("s3", endpoint_url=s3_url, region_name="eu-central-1", aws_access_key_id="test",
                      aws_secret_access_key="test",
                      config=Config(s3={"addressing_style": "path"}, max_pool_connections=64))
    clients = {"s3": s3, "lambda": LambdaClient(lambda_url)}

    def client_for(region, service, state_credentials=None):
        if service not in clients:
            raise ValueError(f"{service} is not part of this stack")
        return clients[service]

    original = boto_client.boto_client_for
    for module in list(sys.modules.values()):
        if getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = client_for


def name_reader_failures():
    """A missing or unreadable object of items fails the Map by the name that AWS gives."""
    read = resource_eval_s3.ResourceEvalS3.eval_resource

    @functools.wraps(read)
    def eval_resource(self, env):
        try:
            read(self, env)
        except (ClientError, BotoCoreError) as error:
            raise map_failure(env, StatesErrorNameType.StatesItemReaderFailed, str(error)) from error

    resource_eval_s3.ResourceEvalS3.eval_resource = eval_resource


def map_failure(env, kind, cause):
    name = StatesErrorName(typ=kind)
    details = MapRunFailedEventDetails(error=name.error_name, cause=cause)
    return FailureEventException(FailureEvent(env=env, error_name=name, event_type=HistoryEventType.MapRunFailed,
                                              event_details=EventDetails(mapRunFailedEventDetails=details)))


def exceeds(record, total):
    """Whether more items failed than a Map tolerates. A limit of 0 next to another one cannot be told from none."""
    counter = record.item_counter
    failed = counter.failed.get() + counter.timed_out.get()
    count, percentage = record.tolerated_failure_count, record.tolerated_failure_percentage
    if not count and not percentage:
        return failed > 0
    return bool(count and failed > count or percentage and failed * 100 > percentage * total)


class Pool(JobPool):
    """Items of a Map, and how many there were."""

    def __init__(self, job_program, job_inputs):
        super().__init__(job_program=job_program, job_inputs=job_inputs)
        self.total = len(job_inputs)


def work(self, job, worker_frame):
    """A worker's life: replaces `_eval_pool`, which called itself for the next item."""
    pool, record = self._job_pool, self._map_run_record
    while job is not None:
        frame = worker_frame.open_inner_frame()
        self._eval_job(env=frame, job=job)
        state = frame.program_state()
        if isinstance(state, ProgramError):
            print(f"{self._work_name}: item {job.job_index} {json.dumps(job.job_input)} failed: {state.error}",
                  file=sys.stderr, flush=True)
        worker_frame.delete_frame(frame)
        if exceeds(record, pool.total):
            job.job_output = map_failure(self._env, StatesErrorNameType.StatesExceedToleratedFailureThreshold,
                                         "The specified tolerated failure threshold was exceeded")
            for other in list(self._env._frames):
                other.set_stop(stop_date=None, cause=None, error=None)
        done, job = job, None if self.stopped() else pool.next_job()
        if isinstance(done.job_output, Exception):
            job = None
        if job is None:
            # Before the last item is closed: with it the Map goes on, and finds its environment as the workers left it.
            self._env.delete_frame(worker_frame)
        pool.close_job(done)


def run_map(self, env, eval_input):
    """Replaces `_map_run`: no idle workers, and a pool that knows its size."""
    items = env.stack.pop()
    pool = Pool(job_program=self._get_iteration_program(), job_inputs=items)
    for _ in range(min(len(items), eval_input.map_run_record.max_concurrency or len(items))):
        self._launch_worker(env=env, eval_input=eval_input, job_pool=pool)
    pool.await_jobs()
    if failure := pool.get_worker_exception():
        raise failure
    env.stack.append([closed.job_output for closed in pool.get_closed_jobs()])


def speak_briefly():
    """moto logs whole programs with every failure, and a warning about tolerance that is no longer true."""
    out = logging.StreamHandler()
    out.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message).300s"))
    out.addFilter(lambda record: "no effect on the program" not in record.getMessage())
    logging.basicConfig(level=logging.WARNING, handlers=[out])


class Quiet(MotoRequestHandler):
    """The stack asks for the state of an execution fifty times a second: only what went wrong is worth a line."""

    def log_request(self, code="-", size="-"):
        if str(code) >= "400":
            super().log_request(code, size)


def serve(port):
    """moto's server, on this machine only."""
    run_simple("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Quiet)


def main():
    arguments = argparse.ArgumentParser(description="moto's state machine interpreter over a local stack")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--s3", required=True)
    arguments.add_argument("--lambda", dest="functions", required=True)
    arguments.add_argument("--haste", type=float, default=1.0)
    given = arguments.parse_args()
    speak_briefly()
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    threading.stack_size(THREAD_STACK)
    sys.setrecursionlimit(RECURSION)
    use_stack(given.s3, given.functions)
    name_reader_failures()
    map_worker.DistributedItemProcessorWorker._eval_pool = work
    distributed_iteration_component.DistributedIterationComponent._map_run = run_map
    retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / given.haste))
    serve(given.port)


if __name__ == "__main__":
    main()
