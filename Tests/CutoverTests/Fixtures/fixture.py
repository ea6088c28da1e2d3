#!/usr/bin/env python3
"""Loads a recorded migration into a test server, and compares what a run made of it.

Usage: fixture.py load FOLDER        tables and buckets as they were before
       fixture.py compare FOLDER     as the recorded run left them, or 1 and the differences
       fixture.py digest FOLDER      one line that changes with anything that they hold

FOLDER holds tables.json (keys and indexes), before/ and after/: TABLE.jsonl with one item of
DynamoDB JSON a line, and s3/BUCKET.jsonl with one current object a line. The objects' bytes were
not recorded, so they are made up; their ETags are compared between source and target instead.
"""

import base64
import hashlib
import json
import os
import random
import sys
from decimal import Decimal

import boto3

SHOWN = 20
OLD_VERSIONS, DELETED = 8, 2


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file.read().split("\n") if line]


def names(folder, state):
    return sorted(name[:-6] for name in os.listdir(f"{folder}/{state}") if name.endswith(".jsonl"))


def decoded(value):
    """Recorded text of binaries as bytes, as boto3 wants them."""
    (kind, content), = value.items()
    if kind == "B":
        return {kind: base64.b64decode(content)}
    if kind == "BS":
        return {kind: [base64.b64decode(entry) for entry in content]}
    if kind == "L":
        return {kind: [decoded(entry) for entry in content]}
    if kind == "M":
        return {kind: {name: decoded(entry) for name, entry in content.items()}}
    return value


def canonical(value):
    """A form that is equal for equal values: numbers as numbers, sets without order."""
    (kind, content), = value.items()
    match kind:
        case "N":
            return kind, str(Decimal(content).normalize())
        case "NS":
            return kind, sorted(str(Decimal(entry).normalize()) for entry in content)
        case "SS" | "BS":
            return kind, sorted(map(repr, content))
        case "L":
            return kind, [canonical(entry) for entry in content]
        case "M":
            return kind, sorted((name, canonical(entry)) for name, entry in content.items())
        case _:
            return kind, repr(content)


def item(line):
    return {name: decoded(value) for name, value in line.items()}


def comparable(found, keys):
    return {
        repr([canonical(entry[key]) for key in keys]):
            {name: canonical(value) for name, value in entry.items()} for entry in found}


def load(folder):
    dynamo, s3 = boto3.client("dynamodb"), boto3.client("s3")
    with open(f"{folder}/tables.json", encoding="utf-8") as file:
        tables = json.load(file)
    for name, table in tables.items():
        more = {}
        if table["globalSecondaryIndexes"]:
            more["GlobalSecondaryIndexes"] = [
                {"Projection": {"ProjectionType": "ALL"}, **index}
                for index in table["globalSecondaryIndexes"]]
        dynamo.create_table(
            TableName=name, KeySchema=table["keySchema"], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=table["attributeDefinitions"], **more)
        for line in lines(f"{folder}/before/{name}.jsonl"):
            dynamo.put_item(TableName=name, Item=item(line))
    numbers = random.Random(1)
    for name in names(folder, "before/s3"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        recorded = lines(f"{folder}/before/s3/{name}.jsonl")
        for number, line in enumerate(recorded):
            if number < OLD_VERSIONS:
                s3.put_object(Bucket=name, Key=line["key"], Body=b"an older version")
            tags = "&".join(f"{key}={value}" for key, value in line["tags"].items())
            s3.put_object(
                Bucket=name, Key=line["key"], Body=numbers.randbytes(line["size"]), Tagging=tags,
                ContentType=line["contentType"], Metadata=line["metadata"])
        for number in range(DELETED if recorded else 0):
            s3.put_object(Bucket=name, Key=f"deleted {number}", Body=b"gone")
            s3.delete_object(Bucket=name, Key=f"deleted {number}")


def objects(bucket):
    s3, found = boto3.client("s3"), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            head = s3.head_object(Bucket=bucket, Key=entry["Key"])
            tags = s3.get_object_tagging(Bucket=bucket, Key=entry["Key"])["TagSet"]
            found[entry["Key"]] = {
                "size": entry["Size"], "contentType": head["ContentType"],
                "metadata": head["Metadata"], "tags": {t["Key"]: t["Value"] for t in tags},
                "etag": entry["ETag"]}
    return found


def differences(expected, found, where):
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{where} {key}: expected {expected.get(key)}, found {found.get(key)}"[:400]


def compare(folder):
    dynamo, complaints, count = boto3.client("dynamodb"), [], 0
    with open(f"{folder}/tables.json", encoding="utf-8") as file:
        tables = json.load(file)
    for name, table in tables.items():
        keys = [key["AttributeName"] for key in table["keySchema"]]
        pages = dynamo.get_paginator("scan").paginate(TableName=name)
        found = comparable([entry for page in pages for entry in page["Items"]], keys)
        expected = comparable([item(line) for line in lines(f"{folder}/after/{name}.jsonl")], keys)
        complaints += differences(expected, found, name)
        count += len(found)
    buckets = {name: objects(name) for name in names(folder, "after/s3")}
    for name, found in buckets.items():
        origin = buckets[name.replace("stack-b-", "stack-a-")]
        expected = {}
        for line in lines(f"{folder}/after/s3/{name}.jsonl"):
            line["etag"] = origin[line["key"]]["etag"]
            expected[line.pop("key")] = line
        complaints += differences(expected, found, name)
    for complaint in complaints[:SHOWN]:
        print(complaint)
    if complaints:
        sys.exit(f"fixture.py: {len(complaints)} differences")
    print(f"alike: {count} items, {sum(map(len, buckets.values()))} objects")


def digest(folder):
    """Without the versions of objects: what is taken back leaves its versions behind."""
    dynamo, digest = boto3.client("dynamodb"), hashlib.sha256()
    with open(f"{folder}/tables.json", encoding="utf-8") as file:
        tables = json.load(file)
    for name in sorted(tables):
        pages = dynamo.get_paginator("scan").paginate(TableName=name)
        items = [entry for page in pages for entry in page["Items"]]
        digest.update(repr((name, sorted(
            repr(sorted((key, canonical(value)) for key, value in entry.items()))
            for entry in items))).encode())
    for name in names(folder, "before/s3"):
        digest.update(repr((name, sorted(objects(name).items()))).encode())
    print(digest.hexdigest())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["load", path]:
            load(path)
        case ["compare", path]:
            compare(path)
        case ["digest", path]:
            digest(path)
        case _:
            sys.exit(__doc__)
