#!/usr/bin/env python3
"""Loads tables as a recorded migration met them, and compares what a run made of them.

Usage: migration.py load FOLDER PREFIX       tables as they were before
       migration.py make FOLDER PREFIX       the same tables without any items
       migration.py compare FOLDER PREFIX    as the recorded run left them, or 1 and the differences
       migration.py digest FOLDER PREFIX     one line that changes with anything that they hold
       migration.py put TABLE JSONL          items into a table that is there
       migration.py show TABLE               its items, one a line, sorted

FOLDER holds tables.json (keys and indexes), before/ and after/: TABLE.jsonl with one item of DynamoDB
JSON a line. PREFIX stands before the recorded names. Numbers are compared as numbers, sets without
order, attributes that hold JSON text as JSON; <<NOW>> and <<UUID4>> stand for a moment of today and a
new UUID.
"""

import datetime
import hashlib
import json
import re
import sys
from decimal import Decimal

import boto3

from fixture import canonical, decoded, lines

SHOWN = 20
BATCH = 25
JSON_TEXT = {"criteriaAnd", "criteriaOr", "groupPermissions", "userPermissions", "fields"}
# Ours writes it too: without it the old script's schemas are missing from an index of their table.
BESIDES = {"metadataEntityType"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")

dynamo = boto3.client("dynamodb")


def tables(folder):
    with open(f"{folder}/tables.json", encoding="utf-8") as file:
        return json.load(file)


def write(table, items):
    for start in range(0, len(items), BATCH):
        left = {table: [{"PutRequest": {"Item": entry}} for entry in items[start:start + BATCH]]}
        while left:
            left = dynamo.batch_write_item(RequestItems=left)["UnprocessedItems"]


def item(line):
    return {name: decoded(value) for name, value in line.items()}


def make(folder, prefix):
    for name, table in tables(folder).items():
        more = {}
        if table["globalSecondaryIndexes"]:
            more["GlobalSecondaryIndexes"] = [
                {"Projection": {"ProjectionType": "ALL"}, **index}
                for index in table["globalSecondaryIndexes"]]
        dynamo.create_table(
            TableName=prefix + name, KeySchema=table["keySchema"], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=table["attributeDefinitions"], **more)


def load(folder, prefix):
    make(folder, prefix)
    for name in tables(folder):
        write(prefix + name, [item(line) for line in lines(f"{folder}/before/{name}.jsonl")])


def scan(table):
    return [entry for page in dynamo.get_paginator("scan").paginate(TableName=table)
            for entry in page["Items"]]


def plain(value):
    """JSON with numbers as numbers; JSON text inside of schemas' fields read too."""
    if isinstance(value, dict):
        return {name: json.loads(entry) if name == "defaultMetadataFieldValue"
                and isinstance(entry, str) else plain(entry) for name, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def comparable(entry):
    form = {name: canonical(value) for name, value in entry.items()}
    for name in JSON_TEXT & entry.keys():
        if "S" in entry[name]:
            form[name] = "JSON", plain(json.loads(entry[name]["S"], parse_float=Decimal))
    return form


def is_now(text):
    if not MOMENT.fullmatch(text):
        return False
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.astimezone()
    now = datetime.datetime.now(datetime.timezone.utc)
    return abs(now - moment) < datetime.timedelta(days=1)


def is_like(expected, found):
    """Whether the found item is the expected one, with placeholders filled in."""
    if expected.keys() != found.keys() - (BESIDES - expected.keys()):
        return False
    for name, value in expected.items():
        if value == ("S", repr("<<NOW>>")):
            if found[name][0] != "S" or not is_now(found[name][1].strip("'")):
                return False
        elif value == ("S", repr("<<UUID4>>")):
            if found[name][0] != "S" or not UUID.fullmatch(found[name][1].strip("'")):
                return False
        elif value != found[name]:
            return False
    return True


def differences(expected, found, keys):
    """Pairs by key; what has a placeholder in its key is paired with anything that fits."""
    left = {repr([entry[key] for key in keys]): entry for entry in found}
    if len(left) < len(found):
        yield "a key is there twice"
    for entry in expected:
        key = repr([entry[key] for key in keys])
        if "<<" in key:
            match = next((name for name, other in left.items() if is_like(entry, other)), None)
            if match is None:
                yield f"{key}: nothing is like {entry}"
            else:
                del left[match]
            continue
        other = left.pop(key, None)
        if other is None:
            yield f"{key}: is not there"
        elif not is_like(entry, other):
            names = [name for name in entry.keys() | other.keys()
                     if entry.get(name) != other.get(name)]
            yield f"{key}: " + "; ".join(
                f"{name}: expected {entry.get(name)}, found {other.get(name)}"[:600]
                for name in sorted(names))
    for key, entry in left.items():
        yield f"{key}: is there, but was not expected: {entry}"[:600]


def compare(folder, prefix):
    count, complaints = 0, []
    for name, table in tables(folder).items():
        keys = [key["AttributeName"] for key in table["keySchema"]]
        found = [comparable(entry) for entry in scan(prefix + name)]
        expected = [
            comparable(item(line)) for line in lines(f"{folder}/after/{name}.jsonl")]
        complaints += [f"{name} {text}" for text in differences(expected, found, keys)]
        count += len(found)
    for complaint in complaints[:SHOWN]:
        print(complaint)
    if complaints:
        sys.exit(f"migration.py: {len(complaints)} differences")
    print(f"alike: {count} items")


def exact(value):
    """Every digit as it is; only sets have no order."""
    (kind, content), = value.items()
    match kind:
        case "SS" | "NS" | "BS":
            return kind, sorted(map(repr, content))
        case "L":
            return kind, [exact(entry) for entry in content]
        case "M":
            return kind, sorted((name, exact(entry)) for name, entry in content.items())
        case _:
            return kind, repr(content)


def text(entry):
    return repr(sorted((name, exact(value)) for name, value in entry.items()))


def digest(folder, prefix):
    whole = hashlib.sha256()
    for name in sorted(tables(folder)):
        whole.update(repr((name, sorted(map(text, scan(prefix + name))))).encode())
    print(whole.hexdigest())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["load", path, prefix]:
            load(path, prefix)
        case ["make", path, prefix]:
            make(path, prefix)
        case ["compare", path, prefix]:
            compare(path, prefix)
        case ["digest", path, prefix]:
            digest(path, prefix)
        case ["put", table, entries]:
            write(table, [item(json.loads(line)) for line in entries.split("\n") if line])
        case ["show", table]:
            print("\n".join(sorted(
                json.dumps(entry, sort_keys=True, ensure_ascii=False, default=repr)
                for entry in scan(table))))
        case _:
            sys.exit(__doc__)
