#!/usr/bin/env python3
"""Reads a stack back with boto3 and compares it with what was there before.

Usage: judge.py take NAME FILE         writes all that a cutover may touch of stack NAME to FILE
       judge.py moved FILE NAME        stack NAME holds what FILE tells of another stack, carried over
       judge.py same FILE NAME         stack NAME holds exactly what FILE tells of it
       judge.py restored FILE NAME     the web bucket holds what FILE's held beside the web app
       judge.py backup FILE PREFIX     the backups hold what FILE tells

Prints the differences and ends with 1, or prints how much is alike.
"""

import hashlib
import json
import os
import pathlib
import sys

import boto3
from boto3.dynamodb.types import TypeSerializer

sys.path.append(str(pathlib.Path(__file__).parents[4] / "playbooks/vams/sample"))

from compare import canonical, differences, items, objects, users  # noqa: E402
from release import STAYING, TABLES  # noqa: E402
from stack import FILES, Deployed, defaults, region  # noqa: E402

FILE_VERSIONS = "AssetFileVersionsStorageTableV2"

SETTINGS = {
    "policy": ("get_bucket_policy", "Policy"), "versioning": ("get_bucket_versioning", "Status"),
    "encryption": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "cors": ("get_bucket_cors", "CORSRules"), "tags": ("get_bucket_tagging", "TagSet"),
    "lifecycle": ("get_bucket_lifecycle_configuration", "Rules"),
    "access": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    "website": ("get_bucket_website", "ErrorDocument"),
    "index": ("get_bucket_website", "IndexDocument")}


def settings(bucket):
    s3, found = boto3.client("s3"), {}
    for name, (operation, key) in SETTINGS.items():
        try:
            value = getattr(s3, operation)(Bucket=bucket).get(key)
        except s3.exceptions.ClientError as error:
            # What is not set is told by an error of its own; anything else is a surprise.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            value = None
        if name == "tags":
            # Those of AWS itself cannot be put back; a stack's bucket that was made anew has none.
            value = [tag for tag in value or [] if not tag["Key"].startswith("aws:")] or None
        found[name] = json.loads(value) if name == "policy" and value else value
    return found


def web(stack):
    names = [stack.web]
    if "AlbEndpointOutput" in stack.outputs:
        names.append(f"{stack.web}-webappaccesslogs")
    return {name: {"settings": settings(name), "objects": objects(name)} for name in names}


def content(bucket, row):
    """What a row of file versions points to, which is what its id is for."""
    s3 = boto3.client("s3")
    for key in [key for key in FILES if key.endswith(row["fileKey"]["S"])]:
        try:
            found = s3.get_object(Bucket=bucket, Key=key, VersionId=row["versionId"]["S"])
            return found["Body"].read().decode()
        except s3.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 404):
                raise
    return "nothing"


def take(name):
    stack = Deployed(name)
    tables = {
        table: items(stack, table, keys.split()) for table, (keys, _) in TABLES.items()}
    for row in tables[FILE_VERSIONS].values():
        row["content"] = {"S": content(stack.buckets["assets"], row)}
    return json.loads(json.dumps({
        "name": name, "region": region(), "buckets": stack.buckets, "bucketId": stack.bucket_id,
        "users": users(stack.pool), "tables": tables, "web": web(stack),
        "objects": {use: objects(bucket) for use, bucket in stack.buckets.items()}}))


def fresh(name):
    """The rows of a fresh deploy, as they read in DynamoDB."""
    to_json = TypeSerializer().serialize
    return {
        table: {
            json.dumps([to_json(row[key]) for key in TABLES[table][0].split()], ensure_ascii=False):
                canonical({key: to_json(value) for key, value in row.items()})
            for row in rows}
        for table, rows in defaults(Deployed(name)).items()}


def carried(before, after):
    """What a faithful cutover makes of `before`: names of the old stack become those of the new."""
    def moved(text, name):
        if text == before["bucketId"] and name in ("bucketId", "defaultBucketId"):
            return after["bucketId"]
        if name in ("workflow_arn", "execution_arn", "lambdaName"):
            return text.replace(before["name"], after["name"]).replace(
                f":{before['region']}:", f":{after['region']}:")
        return text

    deployed, tables = fresh(after["name"]), {}
    for table in TABLES:
        rows = {}
        if table not in STAYING:
            for key, item in before["tables"][table].items():
                rows[key] = {
                    name: {"S": moved(value["S"], name)} if "S" in value else value
                    for name, value in item.items()
                    if not (table == "AssetStorageTable" and name == "snsTopic")}
        tables[table] = rows | json.loads(json.dumps(deployed.get(table, {})))
    return {"tables": tables, "objects": before["objects"], "users": before["users"]}


def judge(expected, found):
    complaints = list(differences(expected, found))
    print(*complaints[:20], sep="\n")
    if complaints:
        sys.exit(f"judge.py: {len(complaints)} differences")
    print("alike")


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def saved(before, prefix):
    """The objects of each backup that was asked for, and the tables that have one."""
    found = {use: objects(f"{prefix}-{use}") for use in before["objects"]}
    backups = boto3.client("dynamodb").list_backups()["BackupSummaries"]
    tables = {backup["TableName"] for backup in backups}
    missing = [t for t, name in Deployed(before["name"]).tables.items()
               if name not in tables and (t not in STAYING or t == "S3AssetBucketsStorageTable")]
    return {"objects": found, "missing": missing}


def main(words):
    match words:
        case ["take", name, path]:
            pathlib.Path(path).write_text(json.dumps(take(name)), encoding="utf-8")
        case ["moved", path, name]:
            before, after = read(path), take(name)
            texts = sorted(row["content"]["S"] for row in before["tables"][FILE_VERSIONS].values())
            if texts != sorted(["a former one", f"{FILES[1]} 0", "nothing"]):
                sys.exit(f"judge.py: the rows of file versions point to {texts}")
            # S3 gives each copy an id of its own: what counts is what it leads to.
            for side in (before, after):
                for row in side["tables"][FILE_VERSIONS].values():
                    del row["versionId"]
            judge(carried(before, after), {k: after[k] for k in ("tables", "objects", "users")})
        case ["same", path, name]:
            judge(read(path), take(name))
        case ["restored", path, name]:
            # B's own build stands, and with it A's files that B's deploy did not write.
            before, after = read(path)["web"], take(name)["web"]
            expected = {}
            for bucket, was in before.items():
                expected[bucket] = dict(was["objects"]) if "access" not in bucket else {}
                for key in ("index.html", "assets/index.js"):
                    if key in expected[bucket]:
                        body = f"{key} of the build for {Deployed(name).buckets['assets']}"
                        digest = hashlib.sha256(body.encode()).hexdigest()
                        expected[bucket][key] = was["objects"][key] | {
                            "digest": digest, "size": len(body)}
            judge(expected, {bucket: now["objects"] for bucket, now in after.items()})
        case ["backup", path, prefix]:
            before = read(path)
            judge({"objects": before["objects"], "missing": []}, saved(before, prefix))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("judge.py: set AWS_ENDPOINT_URL to a server that emulates AWS")
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
    main(sys.argv[1:])
