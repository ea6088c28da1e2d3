#!/usr/bin/env python3
"""Plays the court's functions, which a test server cannot run, until its input ends.

- The segments function: takes a message, scans that segment of the source, runs the migrations on
  each item and puts it into the destination unless its key is there. An item with the attribute
  'poison' fails a migration and leaves the message in the queue; one with 'lost' is left out, as
  a faulty script does it.
- The replicator: takes what changes in the source since its mapping exists into the destination,
  but for what has the attribute 'lost'.
- The indexer of each colour: puts what its table's stream tells into the domain that its
  environment names, from the stream's beginning on.

Each works only while its event source mapping says Enabled. Invocations and errors are told to
CloudWatch, as Lambda tells them.
"""

import json
import sys
import threading

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from sample import COLOURS, ENV, INDICES, client, code, search, variables

PAUSE = 0.25
STOP = threading.Event()
PLAIN = TypeDeserializer()


def migrated(item):
    """What the court's scripts make of an item: a status for cases, names without blanks."""
    if "poison" in item:
        raise ValueError(f"invalid item {item['pk']['S']} {item['sk']['S']}")
    entity = item.get("entityName", {}).get("S")
    if entity == "Case" and "status" not in item:
        item = item | {"status": {"S": "New"}}
    if entity == "User" and "name" in item:
        item = item | {"name": {"S": item["name"]["S"].strip()}}
    return item


class Positions:
    """How far each mapping has read its stream."""

    def __init__(self):
        self.iterators = {}

    def read(self, mapping):
        streams, key = client("dynamodbstreams"), mapping["UUID"]
        if key not in self.iterators:
            arn = mapping["EventSourceArn"]
            shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]
            self.iterators[key] = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"],
                ShardIteratorType=mapping.get("StartingPosition") or "TRIM_HORIZON",
            )["ShardIterator"]
        answer = streams.get_records(ShardIterator=self.iterators[key], Limit=1000)
        return answer["Records"], answer["NextShardIterator"]

    def keep(self, mapping, iterator):
        self.iterators[mapping["UUID"]] = iterator


def segment(mapping):
    sqs = client("sqs")
    queue = sqs.get_queue_url(QueueName=mapping["EventSourceArn"].rsplit(":", 1)[1])["QueueUrl"]
    own = variables(f"migration_segments_lambda_{ENV}")
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    errors = 0
    for message in found:
        task = json.loads(message["Body"])
        try:
            scan(own["SOURCE_TABLE"], own["DESTINATION_TABLE"], task)
        except ValueError as error:
            print(f"segment {task['segment']}: {error}", file=sys.stderr)
            errors += 1
            continue
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    tell(f"migration_segments_lambda_{ENV}", len(found), errors)


def scan(source, destination, task):
    dynamo = client("dynamodb")
    pages = dynamo.get_paginator("scan").paginate(
        TableName=source, Segment=task["segment"], TotalSegments=task["totalSegments"])
    for item in (item for page in pages for item in page["Items"]):
        if "lost" in item:
            continue
        try:
            dynamo.put_item(
                TableName=destination, Item=migrated(item),
                ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise


def replicate(mapping, positions):
    name = f"migration_lambda_{ENV}"
    own, dynamo = variables(name), client("dynamodb")
    records, following = positions.read(mapping)
    for record in records:
        change = record["dynamodb"]
        if record["eventName"] == "REMOVE":
            dynamo.delete_item(TableName=own["DESTINATION_TABLE"], Key=change["Keys"])
        elif "lost" not in change["NewImage"]:
            dynamo.put_item(
                TableName=own["DESTINATION_TABLE"], Item=migrated(change["NewImage"]))
    positions.keep(mapping, following)
    tell(name, len(records), 0)


def index(colour, mapping, positions):
    records, following = positions.read(mapping)
    lines = []
    for record in records:
        change = record["dynamodb"]
        image = change.get("NewImage") or change.get("OldImage") or {}
        target = INDICES.get(image.get("entityName", {}).get("S"))
        if not target:
            continue
        about = {"_index": target, "_id": f"{image['pk']['S']}_{image['sk']['S']}"}
        if record["eventName"] == "REMOVE":
            lines.append({"delete": about})
        else:
            lines += [{"index": about}, {k: PLAIN.deserialize(v) for k, v in image.items()}]
    if lines:
        body = "".join(json.dumps(line, default=str) + "\n" for line in lines).encode()
        search("POST", variables(f"streams_{ENV}_{colour}")["ELASTICSEARCH_ENDPOINT"], "/_bulk",
               body)
    positions.keep(mapping, following)


def tell(function, invocations, errors):
    if invocations:
        about = [{"Name": "FunctionName", "Value": function}]
        client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[
            {"MetricName": name, "Dimensions": about, "Value": count}
            for name, count in (("Invocations", invocations), ("Errors", errors))])


def work(positions):
    """One round over all mappings that are enabled."""
    for mapping in client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        if mapping["State"] != "Enabled":
            continue
        function = mapping["FunctionArn"].split(":function:")[1]
        if function == f"migration_segments_lambda_{ENV}":
            segment(mapping)
        elif function == f"migration_lambda_{ENV}":
            replicate(mapping, positions)
        elif function in (f"streams_{ENV}_{colour}" for colour in COLOURS):
            index(function.rsplit("_", 1)[1], mapping, positions)


def main():
    # Whoever started this holds the other end of its input; the process ends with it.
    threading.Thread(target=lambda: (sys.stdin.read(), STOP.set()), daemon=True).start()
    positions = Positions()
    print("working", flush=True)
    while not STOP.wait(PAUSE):
        try:
            work(positions)
        except ClientError as error:
            # Tables, functions and mappings come and go while this looks.
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
