"""An HTTP/1.1 proxy on loopback that does to AWS requests what bad days do, the same way each time.

Usage: proxy.py UPSTREAM_PORT SEED RULES [POLICIES]

RULES is a JSON list; the first rule that matches a request and whose dice say so is applied to it:
  fault    one of the names below
  share    how often, from 0 to 1; 1 if left out
  match    text that must stand in the request's head, such as BatchWriteItem or "PUT /bucket"
  skip     how many matching requests pass before the first fault
  limit    after how many faults the rule rests

  throttle     refused as each protocol refuses what is too fast; the server does not see it
  unprocessed  a part of a BatchWriteItem is done, and the rest is given back
  broken       500 or 503, not done            broken-after  500 or 503, although it was done
  lost         done, then closed without word  reset         done, then RST
  truncate     half of the answer's bytes      slow          the answer in small pieces
  crc          a wrong x-amz-crc32             expired       the credentials are no longer good
  denied       access is denied
  skew         the service's clock is an hour ahead of ours, and it minds

POLICIES is a JSON object of IAM policies by access key; who signs with one of them is held to it, and
what is done is noted (see guard.py). Null stands for a policy that allows everything.

DynamoDB's answers get the x-amz-crc32 that AWS sends and emulators leave out. Prints its port, then
serves until it is terminated or its parent is gone. GET /_faults tells how often each fault was applied,
GET /_rights what was noted since it was asked last; POST /_rights sets the policies.
"""

import asyncio
import datetime
import json
import os
import random
import signal
import socket
import struct
import sys
import zlib

sys.dont_write_bytecode = True
import guard as access  # noqa: E402
import rights  # noqa: E402

SKEW = datetime.timedelta(hours=1)
PIECES, PAUSE = 8, 0.02
LIMIT = 1 << 27

upstream, dice = int(sys.argv[1]), random.Random(int(sys.argv[2]))
rules = json.loads(sys.argv[3])
guard = access.Guard(json.loads(sys.argv[4]) if len(sys.argv) > 4 else {})
applied, seen = {}, {}


class Request:
    def __init__(self, head, body):
        self.head, self.body = head, body
        self.method, self.path = head.split(b" ", 2)[:2]
        self.fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            self.fields[name.strip().lower()] = value.strip()

    @property
    def target(self):
        return self.fields.get(b"x-amz-target", b"").decode()

    @property
    def style(self):
        if self.target:
            return "json"
        form = b"application/x-www-form-urlencoded" in self.fields.get(b"content-type", b"")
        return "query" if form else "rest"


def choose(request):
    for number, rule in enumerate(rules):
        if rule.get("match", "").encode() not in request.head:
            continue
        if rule["fault"] == "unprocessed" and not request.target.endswith(".BatchWriteItem"):
            continue
        if rule["fault"] == "crc" and not request.target.startswith("DynamoDB"):
            continue
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= rule.get("skip", 0):
            continue
        if applied.get(number, 0) >= rule.get("limit", LIMIT) or dice.random() >= rule.get("share", 1):
            continue
        if rule["fault"] == "skew" and is_on_time(request):
            continue
        applied[number] = applied.get(number, 0) + 1
        return rule["fault"]
    return None


def counts():
    found = {}
    for number, count in applied.items():
        name = rules[number]["fault"]
        found[name] = found.get(name, 0) + count
    return found


def now():
    skewed = any(rule["fault"] == "skew" for rule in rules)
    return datetime.datetime.now(datetime.timezone.utc) + (SKEW if skewed else SKEW * 0)


def is_on_time(request):
    stamp = request.fields.get(b"x-amz-date")
    if not stamp:
        return True
    signed = datetime.datetime.strptime(stamp.decode(), "%Y%m%dT%H%M%SZ")
    return abs(signed.replace(tzinfo=datetime.timezone.utc) - now()) < datetime.timedelta(minutes=5)


# Answers in the words of each protocol: json 1.0/1.1, query, and S3's rest


ERRORS = {
    "throttle": {
        "json": (400, ["ThrottlingException", "ProvisionedThroughputExceededException"]),
        "query": (400, ["Throttling"]), "rest": (503, ["SlowDown"])},
    "broken": {
        "json": (500, ["InternalServerError"]), "query": (503, ["ServiceUnavailable"]),
        "rest": (500, ["InternalError"])},
    "expired": {
        "json": (400, ["ExpiredTokenException"]), "query": (403, ["ExpiredToken"]),
        "rest": (400, ["ExpiredToken"])},
    "denied": {
        "json": (400, ["AccessDeniedException"]), "query": (403, ["AccessDenied"]),
        "rest": (403, ["AccessDenied"])},
    "skew": {
        "json": (400, ["InvalidSignatureException"]), "query": (403, ["SignatureDoesNotMatch"]),
        "rest": (403, ["RequestTimeTooSkewed"])},
}
WORDS = {
    "skew": "Signature expired: the request's time is too far from the current time",
    "denied": "User: arn:aws:iam::123456789012:user/tester is not authorized to perform this",
}


def refusal(request, fault):
    status, codes = ERRORS[fault][request.style]
    code, words = dice.choice(codes), WORDS.get(fault, "a fault by the proxy")
    if request.style == "json":
        kind = "application/x-amz-json-1.0"
        body = json.dumps({"__type": f"com.amazonaws.service#{code}", "message": words})
    else:
        kind = "application/xml"
        body = f"<Code>{code}</Code><Message>{words}</Message>"
        body = (
            f"<ErrorResponse><Error>{body}</Error></ErrorResponse>" if request.style == "query"
            else f"<Error>{body}</Error>")
    body = b"" if request.method == b"HEAD" else body.encode()
    return answer(status, [("Content-Type", kind)], body)


def answer(status, fields, body):
    fields = fields + [
        ("Date", now().strftime("%a, %d %b %Y %H:%M:%S GMT")), ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", "PROXY")]
    lines = [f"HTTP/1.1 {status} Answer"] + [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n", body


async def read_body(reader, head, is_answer, method=b""):
    low = head.lower()
    if is_answer and (method == b"HEAD" or low[9:12] in (b"204", b"304")):
        return b""
    if b"transfer-encoding: chunked" in low:
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        while await reader.readline() != b"\r\n":
            pass
        return body
    place = low.find(b"\r\ncontent-length:")
    if place >= 0:
        return await reader.readexactly(int(low[place + 17:low.index(b"\r\n", place + 2)]))
    return await reader.read() if is_answer else b""


async def ask(request, body=None):
    """One request on a connection of its own; gives status, header fields and body."""
    body = request.body if body is None else body
    lines = [
        line for line in request.head.rstrip(b"\r\n").split(b"\r\n")
        if not line.lower().startswith(
            (b"content-length:", b"transfer-encoding:", b"connection:", b"expect:"))]
    lines += [b"Content-Length: %d" % len(body), b"Connection: close"]
    reader, writer = await asyncio.open_connection("127.0.0.1", upstream, limit=LIMIT)
    try:
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        while head[9:12] == b"100":
            head = await reader.readuntil(b"\r\n\r\n")
        found = await read_body(reader, head, True, request.method)
    finally:
        writer.close()
    status, fields = int(head[9:12]), []
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name and name.lower() not in ("date", "transfer-encoding", "connection", "server"):
            if name.lower() != "content-length" or request.method == b"HEAD":
                fields.append((name, value.strip()))
    return status, fields, found


async def part_of_batch(request):
    """Lets a part of the writes through and gives the others back, as AWS does under load."""
    wanted = json.loads(request.body)
    kept, back = {}, {}
    for table, writes in wanted["RequestItems"].items():
        for write in writes:
            (kept if dice.random() < 0.5 else back).setdefault(table, []).append(write)
    if not kept:
        return 200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(
            {"UnprocessedItems": back}).encode()
    wanted["RequestItems"] = kept
    status, fields, body = await ask(request, json.dumps(wanted).encode())
    if status == 200:
        found = json.loads(body)
        found["UnprocessedItems"] = back
        body = json.dumps(found).encode()
    return status, fields, body


async def exchange(request, writer):
    """Answers one request; false when the connection is not to be used again."""
    if held := guard.answer(request):
        writer.write(b"".join(answer(*held)))
        return True
    fault = choose(request)
    if fault in ERRORS:
        head, body = refusal(request, fault)
        writer.write(head + body)
        return True
    status, fields, body = await (
        part_of_batch(request) if fault == "unprocessed" else ask(request))
    rights.note_answer(request.fields, request.body, body)
    if fault == "broken-after":
        head, body = refusal(request, "broken")
        writer.write(head + body)
        return True
    if fault == "lost":
        return False
    if fault == "reset":
        where = writer.get_extra_info("socket")
        where.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    if request.target.startswith("DynamoDB"):
        fields = [field for field in fields if field[0].lower() != "x-amz-crc32"]
        fields.append(("x-amz-crc32", str(zlib.crc32(body) ^ (fault == "crc"))))
    if request.method == b"HEAD":
        lines = [f"{name}: {value}" for name, value in fields]
        head = "\r\n".join([f"HTTP/1.1 {status} Answer"] + lines).encode("latin-1") + b"\r\n\r\n"
    else:
        head, body = answer(status, fields, body)
    if fault == "truncate" and body:
        writer.write(head + body[:len(body) // 2])
        await writer.drain()
        return False
    if fault == "slow" and len(body) > PIECES:
        writer.write(head)
        size = len(body) // PIECES + 1
        for start in range(0, len(body), size):
            writer.write(body[start:start + size])
            await writer.drain()
            await asyncio.sleep(PAUSE)
        return True
    writer.write(head + body)
    return True


async def client(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"expect: 100-continue" in head.lower():
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request = Request(head, await read_body(reader, head, False))
            if request.path == b"/_faults":
                writer.write(b"".join(answer(200, [], json.dumps(counts()).encode())))
                continue
            if request.path == b"/_rights":
                noted = guard.command(request.method, request.body)
                writer.write(b"".join(answer(200, [], noted)))
                continue
            if not await exchange(request, writer):
                return
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(client, "127.0.0.1", 0, limit=LIMIT)
    print(server.sockets[0].getsockname()[1], flush=True)
    while os.getppid() == parent:
        await asyncio.sleep(PAUSE * 20)
    os._exit(0)


# Children that a thread of a pool starts have all signals blocked.
signal.pthread_sigmask(signal.SIG_SETMASK, [])
parent = os.getppid()
asyncio.run(main())
