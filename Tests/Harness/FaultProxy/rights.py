"""Which rights a request to AWS takes, what it touches, and whether policies of IAM grant them.

Written after AWS's Service Authorization Reference and API references, and on purpose apart from the
program's own tables. `proxy.py` notes and judges requests with it. By itself it compares what was seen
with what is granted:

    rights.py < {"calls": [[action, resource], ...], "policy": {...}, "excused": {what: reason}}

prints {"lacking": [...], "wide": [...], "needless": [...]}: rights that were taken and are not
granted; actions that are granted and that nobody took, and resources that nobody touched; excuses
that nobody needs. An excuse is for an action or a resource pattern.
"""

import json
import re
import sys
import urllib.parse

ACCOUNT = "123456789012"

# Operations of S3 by method and subresource; a key stands in the path, or not.
BUCKET = {
    ("HEAD", ""): "ListBucket", ("GET", ""): "ListBucket", ("GET", "list-type"): "ListBucket",
    ("GET", "versions"): "ListBucketVersions", ("GET", "uploads"): "ListBucketMultipartUploads",
    ("GET", "location"): "GetBucketLocation", ("GET", "versioning"): "GetBucketVersioning",
    ("GET", "encryption"): "GetEncryptionConfiguration", ("GET", "policy"): "GetBucketPolicy",
    ("GET", "publicAccessBlock"): "GetBucketPublicAccessBlock", ("GET", "acl"): "GetBucketAcl",
    ("GET", "ownershipControls"): "GetBucketOwnershipControls", ("GET", "cors"): "GetBucketCORS",
    ("GET", "logging"): "GetBucketLogging", ("GET", "tagging"): "GetBucketTagging",
    ("GET", "website"): "GetBucketWebsite", ("GET", "lifecycle"): "GetLifecycleConfiguration",
    ("GET", "notification"): "GetBucketNotification",
    ("GET", "replication"): "GetReplicationConfiguration",
    ("GET", "object-lock"): "GetBucketObjectLockConfiguration",
    ("PUT", ""): "CreateBucket", ("DELETE", ""): "DeleteBucket",
    ("PUT", "versioning"): "PutBucketVersioning", ("PUT", "encryption"): "PutEncryptionConfiguration",
    ("PUT", "policy"): "PutBucketPolicy", ("PUT", "publicAccessBlock"): "PutBucketPublicAccessBlock",
    ("PUT", "ownershipControls"): "PutBucketOwnershipControls", ("PUT", "cors"): "PutBucketCORS",
    ("PUT", "logging"): "PutBucketLogging", ("PUT", "tagging"): "PutBucketTagging",
    ("PUT", "website"): "PutBucketWebsite", ("PUT", "lifecycle"): "PutLifecycleConfiguration",
    ("PUT", "notification"): "PutBucketNotification", ("PUT", "acl"): "PutBucketAcl",
    ("PUT", "replication"): "PutReplicationConfiguration",
    ("PUT", "object-lock"): "PutBucketObjectLockConfiguration",
    ("DELETE", "publicAccessBlock"): "PutBucketPublicAccessBlock",
    ("DELETE", "ownershipControls"): "PutBucketOwnershipControls",
    ("DELETE", "policy"): "DeleteBucketPolicy", ("DELETE", "website"): "DeleteBucketWebsite",
    ("DELETE", "encryption"): "PutEncryptionConfiguration", ("DELETE", "cors"): "PutBucketCORS",
    ("DELETE", "tagging"): "PutBucketTagging", ("DELETE", "lifecycle"): "PutLifecycleConfiguration",
    ("DELETE", "replication"): "PutReplicationConfiguration",
}
OBJECT = {
    ("HEAD", ""): ["GetObject"], ("GET", ""): ["GetObject"], ("GET", "tagging"): ["GetObjectTagging"],
    ("GET", "acl"): ["GetObjectAcl"], ("GET", "attributes"): ["GetObject", "GetObjectAttributes"],
    ("GET", "retention"): ["GetObjectRetention"], ("GET", "legal-hold"): ["GetObjectLegalHold"],
    ("GET", "uploadId"): ["ListMultipartUploadParts"], ("PUT", ""): ["PutObject"],
    ("PUT", "tagging"): ["PutObjectTagging"], ("PUT", "acl"): ["PutObjectAcl"],
    ("PUT", "retention"): ["PutObjectRetention"], ("PUT", "legal-hold"): ["PutObjectLegalHold"],
    ("PUT", "uploadId"): ["PutObject"], ("POST", "uploads"): ["PutObject"],
    ("POST", "uploadId"): ["PutObject"], ("DELETE", ""): ["DeleteObject"],
    ("DELETE", "uploadId"): ["AbortMultipartUpload"], ("DELETE", "tagging"): ["DeleteObjectTagging"],
}
PLAIN = {"prefix", "delimiter", "max-keys", "start-after", "continuation-token", "encoding-type",
         "fetch-owner", "key-marker", "version-id-marker", "upload-id-marker", "max-uploads",
         "x-id", "versionId", "partNumber", "part-number-marker", "max-parts", "marker"}
# Services whose rights are called otherwise than their signatures.
PREFIXES = {"monitoring": "cloudwatch"}
ROUTES = [
    ("lambda", "POST", r"/2015-03-31/functions/([^/]+)/invocations", "InvokeFunction", "function:{}"),
    ("lambda", "GET", r"/2015-03-31/functions/([^/]+)/configuration", "GetFunctionConfiguration",
     "function:{}"),
    ("lambda", "PUT", r"/2015-03-31/functions/([^/]+)/configuration", "UpdateFunctionConfiguration",
     "function:{}"),
    ("route53", "GET", r"/2013-04-01/hostedzonesbyname", "ListHostedZonesByName", None),
    ("route53", "GET", r"/2013-04-01/hostedzone/([^/]+)", "GetHostedZone", "hostedzone/{}"),
    ("route53", "GET", r"/2013-04-01/hostedzone/([^/]+)/rrset", "ListResourceRecordSets",
     "hostedzone/{}"),
    ("route53", "POST", r"/2013-04-01/hostedzone/([^/]+)/rrset/?", "ChangeResourceRecordSets",
     "hostedzone/{}"),
    ("route53", "GET", r"/2013-04-01/change/([^/]+)", "GetChange", "change/{}"),
    ("route53", "GET", r"/2013-04-01/healthcheck/([^/]+)", "GetHealthCheck", "healthcheck/{}"),
    ("route53", "GET", r"/2013-04-01/healthcheck/([^/]+)/status", "GetHealthCheckStatus",
     "healthcheck/{}"),
    ("cloudfront", "PUT", r"/2020-05-31/distribution/([^/]+)/associate-alias", "AssociateAlias",
     "distribution/{}"),
    ("cloudfront", "GET", r"/2020-05-31/distribution/([^/]+)", "GetDistribution",
     "distribution/{}"),
    ("cloudfront", "GET", r"/2020-05-31/distribution/([^/]+)/config", "GetDistributionConfig",
     "distribution/{}"),
    ("cloudfront", "PUT", r"/2020-05-31/distribution/([^/]+)/config", "UpdateDistribution",
     "distribution/{}"),
    ("cloudfront", "GET", r"/2020-05-31/distribution", "ListDistributions", None),
    ("route53", "POST", r"/2013-04-01/healthcheck/([^/]+)", "UpdateHealthCheck", "healthcheck/{}"),
    ("lambda", "GET", r"/2015-03-31/event-source-mappings/?", "ListEventSourceMappings", None),
    ("lambda", "GET", r"/2015-03-31/event-source-mappings/([^/]+)", "GetEventSourceMapping",
     "event-source-mapping:{}"),
    ("lambda", "PUT", r"/2015-03-31/event-source-mappings/([^/]+)", "UpdateEventSourceMapping",
     "event-source-mapping:{}"),
    ("es", "GET", r"/2021-01-01/opensearch/domain/([^/]+)", "DescribeDomain", "domain/{}"),
    ("es", "POST", r"/2021-01-01/opensearch/domain", "CreateDomain", None),
    ("es", "DELETE", r"/2021-01-01/opensearch/domain/([^/]+)", "DeleteDomain", "domain/{}"),
]
NEVER_ASKED = {"sts:GetCallerIdentity"}

# Stack of each change set, by its id: requests name the change set alone.
change_sets = {}


class Place:
    """Where a request goes: what its signature says."""

    def __init__(self, scope):
        _, self.key, _, self.region, self.service = scope

    def arn(self, rest, service=None, region=None, account=ACCOUNT):
        region = self.region if region is None else region
        return f"arn:aws:{service or self.service}:{region}:{account}:{rest}"


def place_of(fields):
    text = fields.get(b"authorization", b"").decode()
    found = re.search(r"Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request", text)
    return Place((None, found[1], found[2], found[3], found[4])) if found else None


def needed(method, target, fields, body):
    """The rights that one request takes: a list of action and resource."""
    place = place_of(fields)
    if place is None:
        return []
    path, _, query = target.partition("?")
    query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    name = fields.get(b"x-amz-target", b"").decode().rpartition(".")[2]
    form = b"x-www-form-urlencoded" in fields.get(b"content-type", b"")
    if place.service == "s3":
        return of_s3(place, method, urllib.parse.unquote(path), query, fields, body)
    if name:
        return of_json(place, name, json.loads(body or b"{}"))
    if form:
        return of_query(place, dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)))
    return of_rest(place, method, path, query.get("Qualifier"))


def of_s3(place, method, path, query, fields, body):
    _, bucket, key = (path + "/").split("/", 2)
    key = key[:-1] if path.count("/") > 1 else ""
    root = f"arn:aws:s3:::{bucket}"
    parts = [name for name in query if name not in PLAIN]
    part = parts[0] if parts else ""
    if not bucket:
        return [("s3:ListAllMyBuckets", "*")]
    if not key:
        if (method, part) == ("POST", "delete"):
            found = re.findall(rb"<Object>(.*?)</Object>", body, re.S)
            text = lambda entry: urllib.parse.unquote(
                re.search(rb"<Key>(.*?)</Key>", entry, re.S)[1].decode())
            return sorted({
                ("s3:DeleteObjectVersion" if b"<VersionId>" in entry else "s3:DeleteObject",
                 f"{root}/{text(entry)}") for entry in found})
        return [(f"s3:{BUCKET[method, part]}", root)]
    rights = [(f"s3:{action}", f"{root}/{key}") for action in OBJECT[method, part]]
    if "versionId" in query:
        rights = [(action.replace("Object", "ObjectVersion", 1), name) for action, name in rights]
    source = urllib.parse.unquote(fields.get(b"x-amz-copy-source", b"").decode())
    if source:
        source, _, version = source.lstrip("/").partition("?versionId=")
        kind = "ObjectVersion" if version else "Object"
        rights.append((f"s3:Get{kind}", f"arn:aws:s3:::{source}"))
        copies_tags = fields.get(b"x-amz-tagging-directive", b"COPY") == b"COPY"
        if part != "uploadId" and copies_tags:
            rights += [(f"s3:Get{kind}Tagging", f"arn:aws:s3:::{source}"),
                       ("s3:PutObjectTagging", f"{root}/{key}")]
    if fields.get(b"x-amz-tagging"):
        rights.append(("s3:PutObjectTagging", f"{root}/{key}"))
    if fields.get(b"x-amz-acl") or any(name.startswith(b"x-amz-grant-") for name in fields):
        rights.append(("s3:PutObjectAcl", f"{root}/{key}"))
    if fields.get(b"x-amz-object-lock-mode"):
        rights.append(("s3:PutObjectRetention", f"{root}/{key}"))
    if fields.get(b"x-amz-object-lock-legal-hold"):
        rights.append(("s3:PutObjectLegalHold", f"{root}/{key}"))
    return rights


def of_json(place, name, body):
    service = PREFIXES.get(place.service, place.service)
    one = lambda rest: [(f"{service}:{name}", place.arn(rest, service))]
    if service == "dynamodb":
        tables = list(body.get("RequestItems", {})) or [body.get("TableName")]
        if name.startswith("RestoreTable"):
            tables = [body["TargetTableName"]]
        arns = [t if t and t.startswith("arn:") else place.arn(f"table/{t}") for t in tables if t]
        arns = arns or [body[key] for key in ("BackupArn", "ExportArn", "TableArn", "ResourceArn")
                        if key in body]
        rights = [(f"dynamodb:{name}", arn) for arn in arns or ["*"]]
        for update in body.get("ReplicaUpdates", []):
            verb, replica = next(iter(update.items()))
            there = arns[0].replace(f":{place.region}:", f":{replica['RegionName']}:")
            rights += [(f"dynamodb:{verb}TableReplica", arn) for arn in (arns[0], there)]
        if name.startswith("RestoreTable"):
            if "BackupArn" in body:
                rights.append((f"dynamodb:{name}", body["BackupArn"]))
            if "SourceTableName" in body:
                rights.append((f"dynamodb:{name}", place.arn(f"table/{body['SourceTableName']}")))
            rights += [(f"dynamodb:{more}", arns[0]) for more in (
                "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")]
        return rights
    if service == "cognito-idp":
        pool = body.get("UserPoolId")
        rights = one(f"userpool/{pool}") if pool else [(f"cognito-idp:{name}", "*")]
        role = body.get("CloudWatchLogsRoleArn")
        return rights + ([("iam:PassRole", role)] if role else [])
    if service == "sqs":
        return one(body.get("QueueName") or body["QueueUrl"].rpartition("/")[2])
    if service == "ssm":
        names = body.get("Names") or [body.get("Name") or body.get("Path")]
        strip = lambda text: re.sub(r"(?<!^arn):[^/]*$", "", text).lstrip("/")
        return [(f"ssm:{name}", place.arn(f"parameter/{strip(text)}")) for text in names]
    if service == "secretsmanager":
        secret = body["SecretId"]
        return [(f"secretsmanager:{name}", secret)] if secret.startswith("arn:") else one(
            f"secret:{secret}-AbCdEf")
    if service == "cloudwatch":
        if name == "DescribeAlarms" and body.get("AlarmNames"):
            return [(f"cloudwatch:{name}", place.arn(f"alarm:{alarm}", service))
                    for alarm in body["AlarmNames"]]
        return [(f"cloudwatch:{name}", "*")]
    if service == "events":
        bus = body.get("EventBusName", "default").rpartition("/")[2]
        return one(f"rule/{body['Name']}" if bus == "default" else f"rule/{bus}/{body['Name']}")
    return [(f"{service}:{name}", "*")]


def of_query(place, form):
    service, name = PREFIXES.get(place.service, place.service), form["Action"]
    if service == "cloudformation":
        return of_stack(place, name, form)
    if service == "sns":
        # IAM knows no resource for a subscription's end.
        about = {"Unsubscribe": "*", "GetSubscriptionAttributes": form.get("SubscriptionArn")}
        return [(f"sns:{name}", about.get(name) or form.get("TopicArn", "*"))]
    if service == "iam":
        if name == "GetRole":
            return [("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/{form['RoleName']}")]
        return [(f"iam:{name}", form.get("PolicySourceArn", "*"))]
    if service == "cloudwatch":
        names = [value for key, value in form.items() if key.startswith("AlarmNames.member.")]
        return [(f"cloudwatch:{name}", place.arn(f"alarm:{alarm}", service)) for alarm in names] or [
            (f"cloudwatch:{name}", "*")]
    return [(f"{service}:{name}", form.get("RoleArn", "*"))]


def of_stack(place, name, form):
    set_name, stack = form.get("ChangeSetName", ""), form.get("StackName", "")
    if set_name.startswith("arn:") and not stack:
        stack = change_sets.get(set_name, set_name.replace(":changeSet/", ":stack/unknown-"))
    if not stack:
        resource = "*"
    elif stack.startswith("arn:"):
        resource = stack
    else:
        resource = place.arn(f"stack/{stack}/8f6e1a50-0000-11f0-9c54-0affd0e4f4d1")
    rights = [(f"cloudformation:{name}", resource)]
    if any(key.startswith("Tags.member.") for key in form):
        rights.append(("cloudformation:TagResource", resource))
    if form.get("RoleARN"):
        rights.append(("iam:PassRole", form["RoleARN"]))
    if found := re.match(r"https://([^./]+)\.s3[.-][^/]*/(.+)", form.get("TemplateURL", "")):
        # CloudFormation reads it in the caller's name.
        rights.append(("s3:GetObject", f"arn:aws:s3:::{found[1]}/{found[2]}"))
    return rights


def note_answer(fields, body, answer):
    """Remembers whose a new change set is."""
    place = place_of(fields)
    if place is None or place.service != "cloudformation" or b"Action=CreateChangeSet" not in body:
        return
    found = [re.search(rb"<%s>([^<]+)</%s>" % (tag, tag), answer) for tag in (b"Id", b"StackId")]
    if all(found):
        change_sets[found[0][1].decode()] = found[1][1].decode()


def of_rest(place, method, path, qualifier):
    if place.service == "apigateway":
        # Here an action is a method, and a resource what it is applied to.
        return [(f"apigateway:{method}", f"arn:aws:apigateway:{place.region}::{path}")]
    for service, verb, pattern, name, resource in ROUTES:
        match = re.fullmatch(pattern, urllib.parse.unquote(path))
        if (service, verb) != (place.service, method) or not match:
            continue
        if resource is None:
            return [(f"{service}:{name}", "*")]
        version = f":{qualifier}" if qualifier else ""
        found = resource.format(match[1]) + version
        if match[1].startswith("arn:"):
            return [(f"{service}:{name}", match[1] + version)]
        if service == "route53":
            return [(f"{service}:{name}", place.arn(found, region="", account=""))]
        if service == "cloudfront":
            return [(f"{service}:{name}", place.arn(found, region=""))]
        return [(f"{service}:{name}", place.arn(found))]
    return [(f"{place.service}:{method} {path}", "*")]


def matches(pattern, text, ignore_case=False):
    """As IAM compares: `*` is any text, `?` one character, all else itself."""
    parts = re.split(r"([*?])", pattern)
    shape = "".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in parts)
    return re.fullmatch(shape, text, re.S | (re.I if ignore_case else 0)) is not None


def listed(value):
    return value if isinstance(value, list) else [value]


def grants(policy):
    """Each pair of action and resource pattern that a policy allows."""
    for statement in (policy or {}).get("Statement", []):
        assert statement["Effect"] == "Allow" and set(statement) <= {
            "Sid", "Effect", "Action", "Resource"}, statement
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield action, resource


def is_allowed(policy, action, resource):
    return action in NEVER_ASKED or any(
        matches(a, action, ignore_case=True) and matches(r, resource) for a, r in grants(policy))


def judge(calls, policy, excused):
    lacking = sorted({(a, r) for a, r in calls if not is_allowed(policy, a, r)})
    granted = set(grants(policy))
    taken = {
        (action, pattern) for action, pattern in granted
        if any(matches(action, a, ignore_case=True) and matches(pattern, r) for a, r in calls)}
    idle = set()
    for side in (0, 1):
        idle |= {pair[side] for pair in granted} - {pair[side] for pair in taken}
    return {"lacking": lacking, "wide": sorted(idle - set(excused)),
            "needless": sorted(set(excused) - idle)}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    calls = {tuple(call) for call in given["calls"]}
    print(json.dumps(judge(calls, given["policy"], given["excused"])))
