"""Runs Python scripts for tests without starting Python anew: boto3 is read once, then forked.

usage: nursery.py SOCKET; ends with its standard input. A connection sends one line of JSON
{"argv", "environment", "input", "output", "errors"} and gets the exit status back.
"""

import functools
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback

import boto3
import botocore.loaders
import botocore.session

# Whatever a thread pool had blocked would stay so in every child.
signal.pthread_sigmask(signal.SIG_SETMASK, [])
load = botocore.loaders.JSONFileLoader.load_file
botocore.loaders.JSONFileLoader.load_file = functools.cache(load)
# Reads what every client needs, without a setting of anybody's.
for service in ("dynamodb", "s3", "cloudformation", "cognito-idp", "route53", "lambda", "sqs"):
    botocore.session.Session().create_client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
# A child that searched all of that for garbage would have to copy it first.
gc.freeze()


def play(request):
    """Becomes the script's process; never returns."""
    for number, (key, mode) in enumerate(
            [("input", os.O_RDONLY), ("output", os.O_WRONLY), ("errors", os.O_WRONLY)]):
        os.dup2(os.open(request[key], mode), number)
    os.environ.clear()
    os.environ.update(request["environment"])
    status = 0
    first, *rest = request["argv"]
    try:
        if first == "-c":
            sys.argv = ["-c", *rest[1:]]
            sys.path[0] = ""
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = [first, *rest]
            sys.path[0] = os.path.dirname(first)
            runpy.run_path(first, run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status & 255)


def serve(connection):
    """Plays one script in a child and tells how it ended; a process of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(connection.makefile("rb").readline())
    child = os.fork()
    if child == 0:
        connection.close()
        sys.stdin = open(0, closefd=False)
        play(request)
    _, status = os.waitpid(child, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
os.write(1, b"ready\n")
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is sys.stdin:
            if not os.read(0, 1):
                os._exit(0)
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(connection)
        connection.close()
