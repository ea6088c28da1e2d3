#!/usr/bin/env python3
"""Reads a sample stack back with boto3 and compares it with what was there before.

Usage: compare.py take NAME FILE      writes all that stack NAME holds to FILE
       compare.py moved FILE NAME     stack NAME holds what FILE tells of another stack, carried over
       compare.py same FILE NAME      stack NAME holds exactly what FILE tells of it
       compare.py fresh NAME          stack NAME holds the rows of its deploy and nothing else

Prints each difference (the first twenty) and ends with 1 if there is one.
"""

import hashlib
import json
import sys

import boto3

from sample import ADMIN, OWN_TABLES, TABLES, Stack

SHOWN = 20
# Written by each deploy; the new stack's own hold.
DEPLOYED = ("RolesStorageTable", "AuthEntitiesTable")


def canonical(value):
    """DynamoDB JSON as text that is equal for equal items: sets have no order."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [canonical(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: sorted(canonical(entry)) if key in ("SS", "NS", "BS") and isinstance(entry, list)
            else canonical(entry) for key, entry in value.items()}
    return value


def items(stack, table, keys):
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(
        TableName=stack.tables[table], ConsistentRead=True)
    return {
        json.dumps([item[key] for key in keys], ensure_ascii=False): canonical(item)
        for page in pages for item in page["Items"]}


def objects(bucket):
    s3, found = boto3.client("s3"), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            head = s3.get_object(Bucket=bucket, Key=entry["Key"])
            body = head["Body"].read()
            tags = []
            if head.get("TagCount"):
                tags = s3.get_object_tagging(Bucket=bucket, Key=entry["Key"])["TagSet"]
            found[entry["Key"]] = {
                "digest": hashlib.sha256(body).hexdigest(), "size": len(body),
                "type": head["ContentType"], "metadata": head["Metadata"],
                "tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}
    return json.loads(json.dumps(found))


def users(pool):
    pages = boto3.client("cognito-idp").get_paginator("list_users").paginate(UserPoolId=pool)
    return {
        user["Username"]: {
            "enabled": user["Enabled"],
            # Cognito gives each user a new id in each pool.
            "attributes": {
                a["Name"]: a["Value"] for a in user["Attributes"] if a["Name"] != "sub"}}
        for page in pages for user in page["Users"]}


def take(name):
    stack = Stack(name)
    return {
        "name": name, "buckets": stack.buckets, "users": users(stack.pool),
        "tables": {t: items(stack, t, keys) for t, keys in (TABLES | OWN_TABLES).items()},
        "objects": {use: objects(bucket) for use, bucket in stack.buckets.items()}}


def carried(before, after):
    """What a faithful cutover makes of `before`: names of the old stack become those of the new."""
    names = {before["buckets"][use]: after["buckets"][use] for use in before["buckets"]}

    def moved(value, attribute=None):
        if isinstance(value, dict):
            return {k: moved(v, k if attribute in (None, "M") else attribute)
                    for k, v in value.items()}
        if isinstance(value, list):
            return [moved(entry) for entry in value]
        if isinstance(value, str):
            if value in names:
                return names[value]
            if attribute in ("workflow_arn", "execution_arn", "lambdaName"):
                return value.replace(before["name"], after["name"])
        return value

    tables = {}
    for table, rows in before["tables"].items():
        if table in OWN_TABLES or table in DEPLOYED:
            tables[table] = after["tables"][table]
            continue
        tables[table] = {
            key: {name: moved(value, name) for name, value in item.items() if name != "snsTopic"}
            for key, item in rows.items()}
    return {"tables": tables, "objects": before["objects"], "users": before["users"]}


def differences(expected, found, path=""):
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            where = f"{path}/{key}"
            if key not in found:
                yield f"{where} is missing"
            elif key not in expected:
                yield f"{where} should not be there"
            else:
                yield from differences(expected[key], found[key], where)
    elif expected != found:
        yield f"{path} should be {str(expected)[:200]} but is {str(found)[:200]}"


def judge(expected, found):
    complaints = list(differences(expected, found))
    for complaint in complaints[:SHOWN]:
        print(complaint)
    if complaints:
        sys.exit(f"compare.py: {len(complaints)} differences")
    counts = [
        sum(len(rows) for rows in found["tables"].values()),
        sum(len(keys) for keys in found["objects"].values()), len(found["users"])]
    print("alike: {} items, {} objects, {} users".format(*counts))


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(words):
    match words:
        case ["take", name, path]:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(take(name), file)
        case ["moved", path, name]:
            before, after = read(path), take(name)
            judge(carried(before, after), {key: after[key] for key in ("tables", "objects", "users")})
        case ["same", path, name]:
            judge(read(path), take(name))
        case ["fresh", name]:
            after = take(name)
            used = {t: rows for t, rows in after["tables"].items() if rows and t not in OWN_TABLES}
            extra = set(used) - set(DEPLOYED) - {"UserRolesStorageTable"}
            judge(
                {"tables": {}, "objects": {use: {} for use in after["objects"]},
                 "users": {ADMIN: after["users"].get(ADMIN)}},
                {"tables": {t: used[t] for t in extra}, "objects": after["objects"],
                 "users": after["users"]})
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
