"""A small CloudFormation on a loopback port, for the tests: see CloudFormationEmulator.swift."""

import itertools, json, os, re, socketserver, sys, threading, time, http.server, urllib.parse
from xml.sax.saxutils import escape

lock = threading.RLock()
ids = itertools.count(1)
stacks, sets, calls, failing, exports = {}, {}, [], [], {}
tables, buckets, bucket_keys, bucket_owners = {}, {}, {}, {}
NESTED = "AWS::CloudFormation::Stack"


def moment():
    return "2026-11-21T04:%02d:%02d.%03dZ" % (
        (lambda n: (n // 60000 % 60, n // 1000 % 60, n % 1000))(next(ids) * 100)
    )


class Wrong(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message


class Stack:
    def __init__(self, name, parent=None):
        number = next(ids)
        self.name, self.parent = name, parent
        self.id = (
            "arn:aws:cloudformation:us-east-1:123456789012:stack/%s/%08x-0000-4000-8000-000000000000"
            % (name, number)
        )
        self.status, self.reason, self.template, self.params, self.tags = (
            "REVIEW_IN_PROGRESS",
            "",
            {},
            {},
            {},
        )
        self.resources, self.events, self.queue, self.protected, self.imports = (
            {},
            [],
            [],
            False,
            [],
        )
        self.capabilities, self.token = [], ""
        stacks[self.id] = self

    def event(self, logical, physical, type, status, reason=""):
        self.events.insert(
            0,
            dict(
                EventId="%s-%d" % (logical, next(ids)),
                StackId=self.id,
                StackName=self.name,
                LogicalResourceId=logical,
                PhysicalResourceId=physical,
                ResourceType=type,
                Timestamp=moment(),
                ResourceStatus=status,
                ResourceStatusReason=reason,
                ClientRequestToken=self.token,
            ),
        )

    def turn(self, status, reason=""):
        self.status, self.reason = status, reason
        self.event(self.name, self.id, NESTED, status, reason)

    def tick(self):
        if self.queue:
            self.queue.pop(0)()

    def outputs(self):
        found = {}
        for key, output in self.template.get("Outputs", {}).items():
            value = output["Value"]
            if isinstance(value, dict):
                if "Ref" in value:
                    ref = value["Ref"]
                    value = self.params.get(ref, self.resources.get(ref, {}).get("physical", ""))
                else:
                    nested, name = value["Fn::GetAtt"]
                    value = (
                        stacks[self.resources[nested]["physical"]]
                        .outputs()
                        .get(name.split(".")[1], "")
                    )
            found[key] = value
        return found


def find(name):
    for stack in stacks.values():
        if stack.id == name or (stack.name == name and stack.status != "DELETE_COMPLETE"):
            return stack
    raise Wrong("ValidationError", "Stack with id %s does not exist" % name)


def replacement(old, new):
    if old.get("Type") != new.get("Type"):
        return "True"
    a, b = old.get("Properties", {}), new.get("Properties", {})
    if a.get("KeySchema") != b.get("KeySchema") or a.get("Name") != b.get("Name"):
        return "True"
    return "Conditional" if a.get("Perhaps") != b.get("Perhaps") else "False"


def diff(old, new, stack):
    before, after, found = old.get("Resources", {}), new.get("Resources", {}), []
    for name in after:
        if name not in before:
            found.append(
                dict(Action="Add", LogicalResourceId=name, ResourceType=after[name]["Type"])
            )
        elif before[name] != after[name] or after[name]["Type"] == NESTED:
            found.append(
                dict(
                    Action="Modify",
                    LogicalResourceId=name,
                    ResourceType=after[name]["Type"],
                    PhysicalResourceId=stack.resources[name]["physical"],
                    Replacement=replacement(before[name], after[name]),
                    Details=[
                        dict(Attribute="Properties", Name=k)
                        for k in sorted(
                            set(before[name].get("Properties", {}))
                            | set(after[name].get("Properties", {}))
                        )
                        if before[name].get("Properties", {}).get(k)
                        != after[name].get("Properties", {}).get(k)
                    ],
                )
            )
    for name in before:
        if name not in after:
            found.append(
                dict(
                    Action="Remove",
                    LogicalResourceId=name,
                    ResourceType=before[name]["Type"],
                    PhysicalResourceId=stack.resources[name]["physical"],
                    PolicyAction=(
                        "Retain" if before[name].get("DeletionPolicy") == "Retain" else "Delete"
                    ),
                )
            )
    return found


def change_set(stack, template, params, name, token, create, tags, capabilities, nested=True):
    number = next(ids)
    id = (
        "arn:aws:cloudformation:us-east-1:123456789012:changeSet/%s/%08x-0000-4000-8000-000000000000"
        % (name, number)
    )
    old = stack.template if stack else {}
    changes = diff(old, template, stack)
    for change in changes:
        if change["ResourceType"] == NESTED and change["Action"] != "Remove" and nested:
            inner = stack and stack.resources.get(change["LogicalResourceId"])
            inner = stacks[inner["physical"]] if inner else None
            body = template["Resources"][change["LogicalResourceId"]]["Properties"]["Template"]
            change["ChangeSetId"] = change_set(
                inner, body, {}, name + "-n", token, inner is None, {}, []
            )["id"]
    real = [
        c
        for c in changes
        if not (
            c.get("ChangeSetId")
            and sets[c["ChangeSetId"]]["status"] == "FAILED"
            and c["Action"] == "Modify"
        )
    ]
    empty = (
        not create
        and not real
        and params == stack.params
        and old.get("Outputs") == template.get("Outputs")
    )
    sets[id] = dict(
        id=id,
        name=name,
        stack=stack,
        template=template,
        params=params,
        changes=changes,
        create=create,
        status="CREATE_PENDING",
        execution="UNAVAILABLE",
        tags=tags,
        capabilities=capabilities,
        final=(
            (
                "FAILED",
                "UNAVAILABLE",
                "The submitted information didn't contain changes. Submit different information to create a change set.",
            )
            if empty
            else ("CREATE_COMPLETE", "AVAILABLE", "")
        ),
    )
    if nested and stack is not None and stack.parent:
        settle(sets[id])
    if stack is None:
        settle(sets[id])
    return sets[id]


def settle(s):
    s["status"], s["execution"], s["reason"] = s["final"]


def fails(resource, verb):
    meta = resource.get("Metadata", {})
    return meta.get("fail") == verb


def physical(stack, logical, resource):
    kind = resource["Type"]
    name = "%s-%s-%X" % (stack.name, logical, next(ids))
    if kind == "AWS::DynamoDB::Table":
        tables[name] = resource.get("Metadata", {}).get("items", 0)
    if kind == "AWS::S3::Bucket":
        name = name.lower()
        bucket_keys[name] = stack, resource.get("Metadata", {}).get("key")
        bucket_owners[name] = resource.get("Metadata", {}).get("owner", stack.id)
        buckets[name] = [
            "object-%d" % i for i in range(resource.get("Metadata", {}).get("items", 0))
        ]
    return name


def make(stack, logical, resource):
    """The steps that make one resource; the last one says whether it went well."""
    kind = resource["Type"]
    if kind == NESTED:
        inner = Stack("%s-%s-X%d" % (stack.name, logical, next(ids)), stack.id)
        inner.token = stack.token
        stack.resources[logical] = dict(physical=inner.id, resource=resource, type=kind)
        stack.event(logical, inner.id, kind, "CREATE_IN_PROGRESS")
        inner.turn("CREATE_IN_PROGRESS")
        ok = all(
            [make(inner, n, r) for n, r in resource["Properties"]["Template"]["Resources"].items()]
        )
        inner.template = resource["Properties"]["Template"]
        inner.turn(
            "CREATE_COMPLETE" if ok else "CREATE_FAILED",
            "" if ok else "The following resource(s) failed to create",
        )
        stack.event(
            logical,
            inner.id,
            kind,
            "CREATE_COMPLETE" if ok else "CREATE_FAILED",
            "" if ok else "Embedded stack %s was not successfully created" % inner.id,
        )
        return ok
    stack.event(logical, "", kind, "CREATE_IN_PROGRESS")
    if fails(resource, "create"):
        stack.event(
            logical, "", kind, "CREATE_FAILED", resource["Metadata"].get("reason", "no capacity")
        )
        return False
    name = physical(stack, logical, resource)
    stack.resources[logical] = dict(physical=name, resource=resource, type=kind)
    stack.event(logical, name, kind, "CREATE_COMPLETE")
    return True


def in_turn(stack):
    """What others wait for comes first: here a DependsOn is the order of deletion."""
    return sorted(stack.resources, key=lambda n: "DependsOn" in stack.resources[n]["resource"])


def unmake(stack, logical):
    entry = stack.resources[logical]
    resource, name, kind = entry["resource"], entry["physical"], entry["type"]
    if resource.get("DeletionPolicy") == "Retain":
        stack.event(logical, name, kind, "DELETE_SKIPPED")
        del stack.resources[logical]
        return True
    if kind == NESTED:
        inner = stacks[name]
        inner.token = stack.token
        inner.turn("DELETE_IN_PROGRESS")
        ok = all([unmake(inner, n) for n in in_turn(inner)])
        inner.turn("DELETE_COMPLETE" if ok else "DELETE_FAILED")
        if ok:
            del stack.resources[logical]
        else:
            stack.event(logical, name, kind, "DELETE_FAILED", "Embedded stack was not deleted")
        return ok
    if resource.get("DependsOn") in stack.resources:
        return False
    full = kind == "AWS::S3::Bucket" and buckets.get(name)
    meta = resource.get("Metadata", {})
    if full or (fails(resource, "delete") and meta.get("times", 99) > 0):
        meta["times"] = meta.get("times", 99) - 1
        stack.event(
            logical,
            name,
            kind,
            "DELETE_FAILED",
            "The bucket you tried to delete is not empty" if full else "in use",
        )
        return False
    tables.pop(name, None)
    buckets.pop(name, None)
    stack.event(logical, name, kind, "DELETE_COMPLETE")
    del stack.resources[logical]
    return True


def rollback(stack, ending):
    stack.turn(
        "ROLLBACK_IN_PROGRESS" if ending == "ROLLBACK_COMPLETE" else "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed",
    )
    stack.queue.append(lambda: stack.turn(ending))


def create(stack, s):
    names = list(s["template"]["Resources"].items())
    state = dict(ok=True)

    def one(item):
        if not state["ok"]:
            stack.event(
                item[0], "", item[1]["Type"], "CREATE_FAILED", "Resource creation cancelled"
            )
        elif not make(stack, *item):
            state["ok"] = False

    def end():
        stack.template = s["template"]
        if state["ok"]:
            stack.turn("CREATE_COMPLETE")
            s["execution"] = "EXECUTE_COMPLETE"
        else:
            rollback(stack, "ROLLBACK_COMPLETE")
            s["execution"] = "EXECUTE_FAILED"

    stack.queue = [lambda: None] + [(lambda i=i: one(i)) for i in names] + [end]


def update(stack, s):
    old, new = stack.template, s["template"]
    state = dict(ok=True)

    def one(change):
        name, action = change["LogicalResourceId"], change["Action"]
        resource = new["Resources"].get(name)
        if action == "Remove":
            return
        if action == "Add":
            state["ok"] = make(stack, name, resource) and state["ok"]
            return
        entry = stack.resources[name]
        if resource["Type"] == NESTED:
            inner = stacks[entry["physical"]]
            inner.token = stack.token
            nested = sets[change["ChangeSetId"]]
            if nested["status"] == "FAILED":
                return
            for c in nested["changes"]:
                r = nested["template"]["Resources"].get(c["LogicalResourceId"])
                if c["Action"] == "Add":
                    make(inner, c["LogicalResourceId"], r)
                if c["Action"] == "Remove":
                    unmake(inner, c["LogicalResourceId"])
            inner.template = nested["template"]
            inner.turn("UPDATE_COMPLETE")
            entry["resource"] = resource
            return
        stack.event(name, entry["physical"], resource["Type"], "UPDATE_IN_PROGRESS")
        if fails(resource, "update"):
            stack.event(
                name,
                entry["physical"],
                resource["Type"],
                "UPDATE_FAILED",
                resource["Metadata"].get("reason", "no capacity"),
            )
            state["ok"] = False
            return
        if change["Replacement"] == "True":
            entry["physical"] = physical(stack, name, resource)
        entry["resource"] = resource
        stack.event(name, entry["physical"], resource["Type"], "UPDATE_COMPLETE")

    def end():
        if state["ok"]:
            for c in s["changes"]:
                if c["Action"] == "Remove":
                    unmake(stack, c["LogicalResourceId"])
            stack.template, stack.params = new, s["params"]
            s["execution"] = "EXECUTE_COMPLETE"
            stack.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            stack.queue.append(lambda: stack.turn("UPDATE_COMPLETE"))
        else:
            s["execution"] = "EXECUTE_FAILED"
            stuck = any(r.get("Metadata", {}).get("stuck") for r in new["Resources"].values())
            for name in list(stack.resources):
                if name not in old["Resources"]:
                    unmake(stack, name)
            rollback(stack, "UPDATE_ROLLBACK_FAILED" if stuck else "UPDATE_ROLLBACK_COMPLETE")

    stack.queue = [lambda: None] + [(lambda c=c: one(c)) for c in s["changes"]] + [end]


def listed(p, name, key=None, value=None):
    found, index = [], 1
    while any(
        k == "%s.member.%d" % (name, index) or k.startswith("%s.member.%d." % (name, index))
        for k in p
    ):
        prefix = "%s.member.%d" % (name, index)
        found.append(
            p.get(prefix)
            if key is None
            else {k[len(prefix) + 1 :]: v for k, v in p.items() if k.startswith(prefix + ".")}
        )
        index += 1
    return found


def template_of(p):
    return (
        json.loads(p["TemplateBody"])
        if "TemplateBody" in p
        else json.loads(uploads[p["TemplateURL"].split("/")[-1]])
    )


uploads = {}


def parameters(p, template, stack):
    values = {}
    for name, declared in template.get("Parameters", {}).items():
        if "Default" in declared:
            values[name] = declared["Default"]
    for item in listed(p, "Parameters", "k"):
        key = item["ParameterKey"]
        values[key] = (
            stack.params[key] if item.get("UsePreviousValue") == "true" else item["ParameterValue"]
        )
    return values


def CreateChangeSet(p):
    template = template_of(p)
    if any(r["Type"].startswith("AWS::IAM") for r in template["Resources"].values()) and not listed(
        p, "Capabilities"
    ):
        raise Wrong("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
    creating = p["ChangeSetType"] == "CREATE"
    try:
        stack = find(p["StackName"])
    except Wrong:
        if not creating:
            raise
        stack = Stack(p["StackName"])
        stack.turn("REVIEW_IN_PROGRESS", "User Initiated")
    if creating and stack.status != "REVIEW_IN_PROGRESS":
        raise Wrong(
            "ValidationError",
            "Stack [%s] already exists and cannot be created again with the changeSet."
            % stack.name,
        )
    if not creating and stack.queue:
        raise Wrong(
            "ValidationError",
            "Stack:%s is in %s state and can not be updated." % (stack.id, stack.status),
        )
    s = change_set(
        stack,
        template,
        parameters(p, template, stack),
        p["ChangeSetName"],
        p.get("ClientToken", ""),
        creating,
        {t["Key"]: t["Value"] for t in listed(p, "Tags", "k")},
        listed(p, "Capabilities"),
    )
    return dict(Id=s["id"], StackId=stack.id)


def set_of(p):
    for s in sets.values():
        if p["ChangeSetName"] in (s["id"], s["name"]):
            return s
    raise Wrong("ChangeSetNotFound", "ChangeSet [%s] does not exist" % p["ChangeSetName"])


def page(items, p, size):
    start = int(p.get("NextToken", "0"))
    return items[start : start + size], (str(start + size) if len(items) > start + size else None)


def DescribeChangeSet(p):
    s = set_of(p)
    if s["status"] == "CREATE_PENDING":
        s["status"] = "CREATE_IN_PROGRESS"
    elif s["status"] == "CREATE_IN_PROGRESS":
        settle(s)
    changes, more = page(s["changes"], p, 2)
    shown = []
    for c in changes:
        c = dict(c)
        if "Details" in c:
            c["Details"] = [
                dict(Target=d, Evaluation="Static", ChangeSource="DirectModification")
                for d in c["Details"]
            ]
        shown.append(dict(Type="Resource", ResourceChange=c))
    return dict(
        ChangeSetName=s["name"],
        ChangeSetId=s["id"],
        StackId=s["stack"].id if s["stack"] else "",
        Status=s["status"],
        ExecutionStatus=s["execution"],
        StatusReason=s.get("reason") or None,
        Changes=shown,
        NextToken=more,
    )


def ExecuteChangeSet(p):
    s = set_of(p)
    if s["execution"] != "AVAILABLE":
        raise Wrong(
            "InvalidChangeSetStatus",
            "ChangeSet [%s] cannot be executed in its current execution status of [%s]"
            % (s["id"], s["execution"]),
        )
    stack = s["stack"]
    stack.token, stack.tags, stack.capabilities = (
        p.get("ClientRequestToken", ""),
        s["tags"] or stack.tags,
        s["capabilities"],
    )
    s["execution"] = "EXECUTE_IN_PROGRESS"
    if s["create"]:
        stack.params = s["params"]
        stack.turn("CREATE_IN_PROGRESS", "User Initiated")
        create(stack, s)
    else:
        stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
        update(stack, s)
    for other in list(sets.values()):
        if other["stack"] is stack and other is not s:
            other["execution"] = "OBSOLETE"
    return {}


def DeleteChangeSet(p):
    sets.pop(set_of(p)["id"])
    return {}


def ListChangeSets(p):
    stack = find(p["StackName"])
    found = [
        dict(
            StackId=stack.id,
            ChangeSetId=s["id"],
            ChangeSetName=s["name"],
            Status=s["status"],
            ExecutionStatus=s["execution"],
        )
        for s in sets.values()
        if s["stack"] is stack
    ]
    items, more = page(found, p, 2)
    return dict(Summaries=items, NextToken=more)


def DescribeStacks(p):
    stack = find(p["StackName"])
    stack.tick()
    hidden = [k for k, v in stack.template.get("Parameters", {}).items() if v.get("NoEcho")]
    return dict(
        Stacks=[
            dict(
                StackId=stack.id,
                StackName=stack.name,
                StackStatus=stack.status,
                StackStatusReason=stack.reason or None,
                CreationTime="2026-11-21T04:00:00Z",
                Parameters=[
                    dict(ParameterKey=k, ParameterValue="****" if k in hidden else v)
                    for k, v in stack.params.items()
                ],
                Outputs=(
                    [
                        dict(
                            OutputKey=k,
                            OutputValue=v,
                            ExportName=stack.template["Outputs"][k].get("Export", {}).get("Name"),
                        )
                        for k, v in stack.outputs().items()
                    ]
                    if not stack.status.endswith("IN_PROGRESS")
                    else []
                ),
                Tags=[dict(Key=k, Value=v) for k, v in stack.tags.items()],
                Capabilities=stack.capabilities,
                EnableTerminationProtection=stack.protected,
                ParentId=stack.parent,
            )
        ]
    )


def DescribeStackEvents(p):
    events, more = page(find(p["StackName"]).events, p, 3)
    return dict(StackEvents=events, NextToken=more)


def ListStackResources(p):
    stack = find(p["StackName"])
    found = [
        dict(
            LogicalResourceId=k,
            PhysicalResourceId=e["physical"],
            ResourceType=e["type"],
            ResourceStatus="CREATE_COMPLETE",
            LastUpdatedTimestamp="2026-11-21T04:00:00Z",
        )
        for k, e in stack.resources.items()
    ]
    items, more = page(found, p, 2)
    return dict(StackResourceSummaries=items, NextToken=more)


def GetTemplate(p):
    return dict(TemplateBody=json.dumps(find(p["StackName"]).template))


def GetTemplateSummary(p):
    return dict(
        Parameters=[
            dict(ParameterKey=k, ParameterType="String", NoEcho=bool(v.get("NoEcho")))
            for k, v in template_of(p).get("Parameters", {}).items()
        ]
    )


def DeleteStack(p):
    try:
        stack = find(p["StackName"])
    except Wrong:
        return {}
    if stack.status == "DELETE_COMPLETE":
        return {}
    if stack.protected:
        raise Wrong(
            "ValidationError",
            "Stack [%s] cannot be deleted while TerminationProtection is enabled" % stack.name,
        )
    if stack.status == "REVIEW_IN_PROGRESS":
        stack.turn("DELETE_COMPLETE")
        return {}
    keep = listed(p, "RetainResources")
    if keep and stack.status != "DELETE_FAILED":
        raise Wrong("ValidationError", "Invalid operation on stack. RetainResources")
    stack.token = p.get("ClientRequestToken", "")
    stack.turn("DELETE_IN_PROGRESS", "User Initiated")

    def go():
        for name in keep:
            entry = stack.resources.pop(name)
            stack.event(name, entry["physical"], entry["type"], "DELETE_SKIPPED")
        ok = all([unmake(stack, n) for n in in_turn(stack)])
        stack.turn(
            "DELETE_COMPLETE" if ok else "DELETE_FAILED",
            "" if ok else "The following resource(s) failed to delete",
        )

    stack.queue = [lambda: None, go]
    return {}


def UpdateTerminationProtection(p):
    find(p["StackName"]).protected = p["EnableTerminationProtection"] == "true"
    return {}


def ListImports(p):
    if p["ExportName"] in exports:
        return dict(Imports=exports[p["ExportName"]])
    raise Wrong("ValidationError", "Export '%s' is not imported by any stack." % p["ExportName"])


def ContinueUpdateRollback(p):
    stack = find(p["StackName"])
    stack.token = p.get("ClientRequestToken", "")
    stack.turn("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
    stack.queue = [lambda: stack.turn("UPDATE_ROLLBACK_COMPLETE")]
    return {}


def _put(p):
    """Not of AWS: what a test sets by hand."""
    if "imports" in p:
        exports[p["imports"]] = [p["by"]]
    if "status" in p:
        find(p["StackName"]).turn(p["status"])
    return {}


def xml(name, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, dict):
        return "<%s>%s</%s>" % (name, "".join(xml(k, v) for k, v in value.items()), name)
    if isinstance(value, list):
        return "<%s>%s</%s>" % (name, "".join(xml("member", v) for v in value), name)
    return "<%s>%s</%s>" % (name, escape(str(value)), name)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def answer(self, status, body, kind="text/xml"):
        body = body.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with lock:
            self.route(body)

    do_GET = do_POST = do_PUT = any

    def route(self, body):
        path = self.path.split("?")[0]
        if path.startswith("/_calls/"):
            return self.answer(
                200, json.dumps([p for p in calls if p["Action"] == path[8:]]), "application/json"
            )
        if path == "/_fail":
            failing.append(body.split("|"))
            return self.answer(200, "")
        target = self.headers.get("X-Amz-Target")
        if target == "DynamoDB_20120810.DescribeTable":
            name = json.loads(body)["TableName"]
            if name not in tables:
                return self.answer(
                    400,
                    json.dumps(
                        {
                            "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
                            "message": "no",
                        }
                    ),
                    "application/json",
                )
            return self.answer(
                200,
                json.dumps(
                    {
                        "Table": {
                            "TableStatus": "ACTIVE",
                            "ItemCount": tables[name],
                            "DeletionProtectionEnabled": False,
                        }
                    }
                ),
                "application/json",
            )
        if path != "/":
            return self.bucket(path.strip("/"), body)
        p = {k: v[0] for k, v in urllib.parse.parse_qs(body, keep_blank_values=True).items()}
        calls.append(p)
        action = p["Action"]
        # The fourth part of an order is what must stand in the call's parameters.
        planned = next(
            (f for f in failing if f[0] == action and all(m in str(p) for m in f[3:])), None
        )
        if planned:
            failing.remove(planned)
        try:
            if planned and planned[1] != "hang-up":
                raise Wrong(planned[1], planned[2])
            result = globals()[action](p)
            if planned:
                self.close_connection = True
                return
            self.answer(
                200,
                '<%sResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">%s<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%sResponse>'
                % (action, xml(action + "Result", result), action),
            )
        except Wrong as wrong:
            status = (
                403
                if wrong.code == "AccessDenied"
                else 404 if wrong.code == "ChangeSetNotFound" else 400
            )
            self.answer(
                status,
                "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                % (wrong.code, escape(wrong.message)),
            )

    def bucket(self, name, body):
        if self.command == "PUT":
            uploads[name.split("/")[-1]] = body
            return self.answer(200, "")
        name = name.split("/")[0]
        if name not in buckets:
            return self.answer(404, "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>")
        if "versions" in self.path:
            entries = "".join(
                "<Version><Key>%s</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest>"
                "<LastModified>2026-11-21T04:00:00.000Z</LastModified><ETag>e</ETag>"
                "<Size>1</Size><StorageClass>STANDARD</StorageClass></Version>" % k
                for k in buckets[name][:1000]
            )
            return self.answer(
                200,
                "<ListVersionsResult><Name>%s</Name><IsTruncated>false</IsTruncated>%s"
                "</ListVersionsResult>" % (name, entries),
            )
        if "uploads" in self.path:
            return self.answer(
                200,
                "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>"
                "</ListMultipartUploadsResult>",
            )
        owner, key = bucket_keys[name]
        if "encryption" in self.path and key:
            id = owner.resources.get(key, {}).get("physical", key)
            return self.answer(
                200,
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-east-1:1:key/"
                "%s</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
                "</ServerSideEncryptionConfiguration>" % id,
            )
        if "encryption" in self.path:
            return self.answer(
                404,
                "<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code><Message>no</Message></Error>",
            )
        if "tagging" in self.path:
            return self.answer(
                200,
                "<Tagging><TagSet><Tag><Key>aws:cloudformation:stack-id</Key><Value>%s</Value></Tag>"
                "</TagSet></Tagging>" % bucket_owners[name],
            )
        gone = re.findall("<Key>(.*?)</Key>", body)
        buckets[name] = [k for k in buckets[name] if k not in gone]
        self.answer(200, "<DeleteResult></DeleteResult>")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *a):
        pass


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
