#!/usr/bin/env python3
"""What people would write to copy a table: boto3, a thread for each segment, unprocessed items retried.

   table_copy_peer.py ENDPOINT SOURCE TARGET [SEGMENTS]
"""

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

endpoint, source, target = sys.argv[1:4]
segments = int(sys.argv[4]) if len(sys.argv) > 4 else 8
client = boto3.client(
    "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(
        max_pool_connections=segments * 2, retries={"mode": "standard", "max_attempts": 10}))


def copy(segment):
    start, count = {}, 0
    while True:
        page = client.scan(
            TableName=source, Segment=segment, TotalSegments=segments, ConsistentRead=True, **start)
        items = page["Items"]
        for index in range(0, len(items), 25):
            left = {target: [{"PutRequest": {"Item": one}} for one in items[index:index + 25]]}
            tries = 0
            while left:
                left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")
                if left:
                    tries += 1
                    time.sleep(min(2, 0.02 * 2 ** tries) * random.random())
        count += len(items)
        if "LastEvaluatedKey" not in page:
            return count
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


with ThreadPoolExecutor(segments) as pool:
    print(sum(pool.map(copy, range(segments))))
