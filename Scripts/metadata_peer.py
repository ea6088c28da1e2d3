#!/usr/bin/env python3
"""What people would write to split metadata into values: boto3, threads, unprocessed items retried.

   metadata_peer.py ENDPOINT SOURCE TARGET [SEGMENTS [look]]

With `look`, and one segment, it goes about it as the script of VAMS did: each value is looked for by a
request of its own before it is written, and nothing happens at the same time.
"""

import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

endpoint, source, target = sys.argv[1:4]
segments = int(sys.argv[4]) if len(sys.argv) > 4 else 8
looks = "look" in sys.argv[5:]
client = boto3.client(
    "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(
        max_pool_connections=segments * 2, retries={"mode": "standard", "max_attempts": 10}))
plain = TypeDeserializer().deserialize


def number(value):
    return int(value) if value == value.to_integral_value() else float(value)


def text(value):
    return json.dumps(
        value, separators=(",", ":"), ensure_ascii=False,
        default=lambda one: number(one) if isinstance(one, Decimal) else sorted(one))


def values(item):
    place = f"{item['databaseId']['S']}:{item['assetId']['S']}"
    for name, typed in item.items():
        if name in ("databaseId", "assetId"):
            continue
        (kind, _), = typed.items()
        word = {"S": "string", "N": "number", "BOOL": "boolean"}.get(kind, "json")
        value = plain(typed)
        yield {
            "databaseId:assetId": {"S": place}, "databaseId:assetId:filePath": {"S": place + ":/"},
            "metadataKey": {"S": name},
            "metadataValue": {"S": value if kind == "S" else text(value)},
            "metadataValueType": {"S": word}}


def is_there(value):
    names = ("metadataKey", "databaseId:assetId:filePath")
    return "Item" in client.get_item(TableName=target, Key={name: value[name] for name in names})


def write(items):
    left = {target: [{"PutRequest": {"Item": one}} for one in items]}
    tries = 0
    while left:
        left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")
        if left:
            tries += 1
            time.sleep(min(2, 0.02 * 2 ** tries) * random.random())


def move(segment):
    start, count = {}, 0
    while True:
        page = client.scan(
            TableName=source, Segment=segment, TotalSegments=segments, ConsistentRead=True, **start)
        made = [one for item in page["Items"] for one in values(item)]
        if looks:
            made = [one for one in made if not is_there(one)]
        for index in range(0, len(made), 25):
            write(made[index:index + 25])
        count += len(page["Items"])
        if "LastEvaluatedKey" not in page:
            return count
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


with ThreadPoolExecutor(segments) as pool:
    print(sum(pool.map(move, range(segments))))
