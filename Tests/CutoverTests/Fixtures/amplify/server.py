# What moto lacks for backends of Amplify, in front of moto: GetBranch, the stacks, and exports of
# DynamoDB as the service writes them. All other calls to DynamoDB are passed on.
#
# Sources: the API references of Amplify, CloudFormation and DynamoDB; "DynamoDB table export output
# format" in the developer guide; a real export.
import base64, boto3, contextlib, gzip, hashlib, io, random, traceback, types, urllib.request, uuid

MOTO = "%MOTO%"
NAMES = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing",
         "region_name": "us-east-1", "endpoint_url": MOTO}
shared.update(stacks={}, branches={}, exports={}, snapshots={}, polls=1, ago=0, log=[], hold=None,
              failing=None, unprocessed=0, throttled=0, ids={})
guard = threading.RLock()


clients = {}


def aws(service):
    with guard:
        if service not in clients: clients[service] = boto3.client(service, **NAMES)
        return clients[service]


def all_tables():
    pages = aws("dynamodb").get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def run_script(self, ask):
    # A script of the test's, run here, where boto3 is loaded already.
    told = io.StringIO()
    names = {"json": json, "client": aws, "tables": all_tables,
             "sys": types.SimpleNamespace(argv=["-c"] + ask["words"])}
    try:
        with contextlib.redirect_stdout(told): exec(ask["script"], names)
    except Exception:
        return self.answer(500, [], traceback.format_exc())
    self.answer(200, [], told.getvalue())


def moto(name, payload):
    request = urllib.request.Request(
        MOTO, json.dumps(payload).encode(),
        {"X-Amz-Target": "DynamoDB_20120810." + name, "Content-Type": "application/x-amz-json-1.0",
         "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/dynamodb/"
                          "aws4_request, SignedHeaders=host, Signature=0"})
    return json.loads(urllib.request.urlopen(request).read())


def items_of(table):
    found, start = [], None
    while True:
        query = {"TableName": table, "ConsistentRead": True}
        if start: query["ExclusiveStartKey"] = start
        page = moto("Scan", query)
        found += page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start: return found


def table_id(table):
    # A table that is made anew has another id.
    made = str(moto("DescribeTable", {"TableName": table})["Table"]["CreationDateTime"])
    return str(uuid.uuid5(uuid.NAMESPACE_URL, table + made))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def iso(moment):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return "%s.%03dZ" % (whole, round(moment * 1000) % 1000)


def write_tree(export, records):
    s3, bucket = aws("s3"), export["S3Bucket"]
    root = (export["S3Prefix"] + "/" if export.get("S3Prefix") else "") + "AWSDynamoDB/"
    name = export["ExportArn"].split("/")[-1]
    top = root + name + "/"
    full = export["ExportType"] == "FULL_EXPORT"
    data = (top if full else root) + "data/"
    put = lambda key, body: s3.put_object(Bucket=bucket, Key=key, Body=body)
    put(top + "_started", b"")
    random.Random(name).shuffle(records)
    parts = [records[::2], records[1::2], []]
    lines = b""
    for part in parts:
        key = data + base64.b32encode(os.urandom(16)).decode().lower()[:26] + ".json.gz"
        body = gzip.compress(b"".join(compact(r) + b"\n" for r in part), mtime=0)
        put(key, body)
        md5 = hashlib.md5(body).digest()
        lines += compact({"itemCount": len(part), "md5Checksum": base64.b64encode(md5).decode(),
                          "etag": hashlib.md5(md5).hexdigest() + "-1", "dataFileS3Key": key}) + b"\n"
    summary = {"version": "2020-06-30" if full else "2023-08-01", "exportArn": export["ExportArn"],
               "startTime": iso(export["StartTime"]), "endTime": iso(time.time()),
               "tableArn": export["TableArn"], "tableId": export["TableId"],
               "s3Bucket": bucket, "s3Prefix": export.get("S3Prefix"), "s3SseAlgorithm": "AES256",
               "s3SseKmsKeyId": None, "manifestFilesS3Key": top + "manifest-files.json",
               "billedSizeBytes": 0, "itemCount": len(records), "outputFormat": "DYNAMODB_JSON"}
    if full:
        summary["exportTime"] = iso(export["ExportTime"])
    else:
        span = export["IncrementalExportSpecification"]
        summary.update(exportType="INCREMENTAL_EXPORT", outputView=span["ExportViewType"],
                       exportFromTime=iso(span["ExportFromTime"]),
                       exportToTime=iso(span["ExportToTime"]))
    for key, body in (("manifest-files", lines), ("manifest-summary", json.dumps(summary).encode())):
        put(top + key + ".json", body)
        put(top + key + ".md5", base64.b64encode(hashlib.md5(body).digest()))
    export["ExportManifest"] = top + "manifest-summary.json"
    export["ItemCount"] = len(records)


def begin_export(self, ask):
    with guard:
        for export in shared["exports"].values():
            if export["ClientToken"] == ask["ClientToken"]:
                return {"ExportDescription": export["shown"]}
        table = ask["TableArn"].split("/")[-1]
        backups = moto("DescribeContinuousBackups", {"TableName": table})
        state = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if state["PointInTimeRecoveryStatus"] != "ENABLED":
            return fail(self, "PointInTimeRecoveryUnavailableException", "recovery is off")
        now = time.time() - shared["ago"]
        export = dict(ask, ExportStatus="IN_PROGRESS", TableId=table_id(table), StartTime=now,
                      ExportType=ask.get("ExportType", "FULL_EXPORT"), left=shared["polls"])
        export["ExportArn"] = "%s/export/%014d-%08x" % (
            ask["TableArn"], int(now * 1000), random.getrandbits(32))
        found = items_of(table)
        history = shared["snapshots"].setdefault(export["TableId"], [])
        if export["ExportType"] == "FULL_EXPORT":
            export["ExportTime"] = round(now, 3)
            records = [{"Item": item} for item in found]
        else:
            span = export["IncrementalExportSpecification"]
            since = span["ExportFromTime"]
            span.setdefault("ExportToTime", round(now, 3))
            if not 900 <= span["ExportToTime"] - since <= 86401:
                return fail(self, "InvalidExportTimeException", "windows are 15 minutes to a day")
            names = [k["AttributeName"] for k in moto("DescribeTable", {"TableName": table})[
                "Table"]["KeySchema"]]
            key = lambda item: json.dumps({n: item[n] for n in names}, sort_keys=True)
            # Whoever asks for a window that ended before the last snapshot gets nothing of it.
            before = [s for at, s in history if at <= since + 1][-1]
            old = {key(i): i for i in before}
            new = {key(i): i for i in found}
            if span["ExportToTime"] < now - 1: new = old
            records = []
            for k in old.keys() | new.keys():
                if old.get(k) == new.get(k): continue
                record = {"Metadata": {"WriteTimestampMicros": {"N": str(int(now * 1e6))}},
                          "Keys": json.loads(k)}
                if k in old: record["OldImage"] = old[k]
                if k in new: record["NewImage"] = new[k]
                records.append(record)
        history.append((now, found))
        export["records"] = records
        shared["exports"][export["ExportArn"]] = export
        shared["log"].append("export " + table)
        show(export)
        return {"ExportDescription": export["shown"]}


def show(export):
    export["shown"] = {k: v for k, v in export.items() if k not in ("records", "left", "shown")}


def describe_export(self, ask):
    with guard:
        export = shared["exports"].get(ask["ExportArn"])
        if not export: return fail(self, "ExportNotFoundException", "no such export")
        shared["log"].append("describe")
        if export["left"] > 0:
            export["left"] -= 1
        elif export["ExportStatus"] == "IN_PROGRESS":
            if shared["failing"]:
                export.update(ExportStatus="FAILED", FailureCode="S3NoSuchBucket",
                              FailureMessage=shared["failing"])
            else:
                write_tree(export, export["records"])
                export["ExportStatus"] = "COMPLETED"
            show(export)
        return {"ExportDescription": export["shown"]}


def fail(self, code, message):
    self.answer(400, [("Content-Type", "application/x-amz-json-1.0")],
                json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#" + code,
                            "message": message}))


def dynamo(self, name, body):
    ask = json.loads(body)
    if shared["throttled"] > 0 and name == "DescribeExport":
        shared["throttled"] -= 1
        return fail(self, "ThrottlingException", "slow down")
    hold = shared["hold"]
    if hold and name == hold["name"]:
        hold["left"] -= 1
        if hold["left"] < 0:
            with changed:
                hold["reached"] = True
                changed.notify_all()
                while shared["hold"] is hold: changed.wait()
            return self.hang_up()
    if name == "ExportTableToPointInTime": reply = begin_export(self, ask)
    elif name == "DescribeExport": reply = describe_export(self, ask)
    elif name == "ListExports":
        reply = {"ExportSummaries": [{"ExportArn": a} for a, e in shared["exports"].items()
                                     if e["TableArn"] == ask["TableArn"]]}
    elif name == "BatchWriteItem" and shared["unprocessed"] > 0:
        # Takes the first of a batch and gives the rest back, as a throttled table does.
        shared["unprocessed"] -= 1
        (table, all_), = ask["RequestItems"].items()
        moto("BatchWriteItem", {"RequestItems": {table: all_[:1]}})
        reply = {"UnprocessedItems": {table: all_[1:]} if all_[1:] else {}}
    elif name == "DescribeContinuousBackups":
        # The table is young, but a test's windows are not.
        past = {"EarliestRestorableDateTime": time.time() - 86400,
                "LatestRestorableDateTime": time.time()}
        return forward(self, body, lambda reply: reply["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"].update(past))
    elif name == "DescribeTable":
        return forward(self, body, lambda reply: reply["Table"].update(
            TableId=table_id(ask["TableName"].split("/")[-1])))
    else:
        return forward(self, body)
    if reply is not None:
        self.answer(200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(reply))


def forward(self, body, change=None):
    names = ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")
    headers = {n: self.headers[n] for n in names if self.headers[n]}
    request = urllib.request.Request(MOTO + self.path, body, headers, method=self.command)
    try:
        reply = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        reply = error
    content = reply.read()
    if change and reply.status == 200:
        value = json.loads(content)
        change(value)
        content = json.dumps(value).encode()
    self.answer(reply.status, [("Content-Type", reply.headers["Content-Type"])], content)


def stacks(self, body):
    ask = dict(urllib.parse.parse_qsl(body.decode()))
    action, name = ask["Action"], ask["StackName"].split(":stack/")[-1].split("/")[0]
    stack = shared["stacks"].get(name)
    if stack is None:
        return self.answer(400, [], "<ErrorResponse><Error><Code>ValidationError</Code><Message>"
                           "Stack with id %s does not exist</Message></Error></ErrorResponse>" % name)
    arn = "arn:aws:cloudformation:us-east-1:123456789012:stack/%s/1" % name
    if action == "DescribeStacks":
        inner = ("<Stacks><member><StackName>%s</StackName><StackId>%s</StackId><StackStatus>"
                 "CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
                 "</member></Stacks>" % (name, arn))
    else:
        # Two resources a page, so that pages follow each other.
        start = int(ask.get("NextToken") or 0)
        inner = "<StackResourceSummaries>" + "".join(
            "<member><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s"
            "</PhysicalResourceId><ResourceType>%s</ResourceType><ResourceStatus>CREATE_COMPLETE"
            "</ResourceStatus></member>" % (logical, physical if kind != "AWS::CloudFormation::Stack"
            else "arn:aws:cloudformation:us-east-1:123456789012:stack/%s/1" % physical, kind)
            for logical, physical, kind in stack[start:start + 2]) + "</StackResourceSummaries>"
        if start + 2 < len(stack): inner += "<NextToken>%d</NextToken>" % (start + 2)
    self.answer(200, [("Content-Type", "text/xml")],
                "<{0}Response><{0}Result>{1}</{0}Result></{0}Response>".format(action, inner))


def handle(self, path, query):
    body = self.body()
    if path == "/_set":
        with changed:
            shared.update(json.loads(body))
            changed.notify_all()
        return self.answer(200, [], "{}")
    if path == "/_run": return run_script(self, json.loads(body))
    if path == "/_reached":
        with changed:
            changed.wait_for(lambda: shared["hold"] and shared["hold"].get("reached"), 60)
        return self.answer(200, [], "{}")
    if path == "/_log":
        return self.answer(200, [], json.dumps(shared["log"]))
    if path.startswith("/apps/"):
        branch = shared["branches"].get(urllib.parse.unquote(path))
        if branch is None:
            return self.answer(404, [("x-amzn-ErrorType", "NotFoundException"),
                                     ("Content-Type", "application/json")],
                               json.dumps({"message": "no such branch"}))
        return self.answer(200, [("Content-Type", "application/json")], json.dumps(branch))
    target = self.headers.get("X-Amz-Target") or ""
    if target.startswith("DynamoDB"): return dynamo(self, target.split(".")[-1], body)
    return stacks(self, body)
