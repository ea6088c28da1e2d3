#!/usr/bin/env python3
"""moto's server with what the sample of the court's environment needs and moto lacks.

Usage: server.py -H 127.0.0.1 -p PORT      (the options are moto_server's)

- A replica of a global table (2019.11.21) is there after UpdateTable, in its region and in what
  DescribeTable says, and holds what the table holds. It comes and goes with a delay of EFCMS_LAG
  seconds (0.3). A table that has replicas is not deleted, with the words that DynamoDB says it in.
- A custom domain of API Gateway without any mapping says so, in place of an error of the server.
- An event source mapping invokes nothing: moto has no functions to run. worker.py plays them.

Its limits: one table is one set of items for all of its regions, so nothing is ever late in another
region; streams of a replica are those of the table; no lag of streams, no throttling.
"""

import logging
import os
import sys
import time

from moto.apigateway.models import APIGatewayBackend
from moto.awslambda.models import LambdaBackend
from moto.dynamodb import responses
from moto.dynamodb.exceptions import MockValidationException, ResourceInUseException
from moto.dynamodb.models import DynamoDBBackend, Table, dynamodb_backends
from moto.dynamodbstreams.models import dynamodbstreams_backends
from moto.server import main
from moto.sqs.models import sqs_backends

LAG = float(os.environ.get("EFCMS_LAG", "0.3"))
HELD = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being "
    "added to the table in the last 24 hours.")


def replicas(table):
    """Its replicas by region: since when each is there, and when it will be gone."""
    if "replicas" not in vars(table):
        table.replicas = {}
    for region, state in list(table.replicas.items()):
        if state["gone"] and state["gone"] <= time.time():
            del table.replicas[region]
            dynamodb_backends[table.account_id][region].tables.pop(table.name, None)
    return table.replicas


def status(state):
    if state["gone"]:
        return "DELETING"
    return "ACTIVE" if time.time() >= state["since"] + LAG else "CREATING"


def change(backend, table, update):
    verb, what = next(iter(update.items()))
    region = what["RegionName"]
    if verb == "Create":
        if region in replicas(table):
            raise MockValidationException(f"Replica with region {region} exists already")
        replicas(table)[region] = {"since": time.time(), "gone": None}
        dynamodb_backends[backend.account_id][region].tables[table.name] = table
    elif verb == "Delete":
        replicas(table)[region]["gone"] = time.time() + LAG


former_update = responses.DynamoHandler.update_table
former_describe = Table.describe
former_delete = DynamoDBBackend.delete_table
former_get = DynamoDBBackend.get_table
former_mapping = LambdaBackend.create_event_source_mapping
former_domain = APIGatewayBackend.create_domain_name


def update_table(self):
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    for update in self.body.get("ReplicaUpdates") or []:
        change(self.dynamodb_backend, table, update)
    return former_update(self)


def describe(self, base_key="TableDescription"):
    result = former_describe(self, base_key)
    if found := replicas(self):
        result[base_key]["Replicas"] = [
            {"RegionName": region, "ReplicaStatus": status(state)}
            for region, state in sorted(found.items())]
        result[base_key]["GlobalTableVersion"] = "2019.11.21"
    return result


def get_table(self, name):
    for table in list(self.tables.values()):
        if table.name == name:
            replicas(table)
    return former_get(self, name)


def delete_table(self, name):
    table = self.get_table(name)
    if self.region_name in replicas(table):
        state = table.replicas[self.region_name]
        if state["gone"]:
            raise ResourceInUseException(f"Table is being deleted: {name}")
        state["gone"] = time.time() + LAG
        return table
    if table.replicas:
        raise MockValidationException(HELD)
    return former_delete(self, name)


def create_event_source_mapping(self, spec):
    mapping = former_mapping(self, spec)
    streams = dynamodbstreams_backends[self.account_id][self.region_name]
    for source in (*streams.dynamodb.tables.values(),
                   *sqs_backends[self.account_id][self.region_name].queues.values()):
        source.lambda_event_source_mappings.clear()
    return mapping


def create_domain_name(self, domain_name, *rest, **more):
    self.base_path_mappings.setdefault(domain_name, {})
    return former_domain(self, domain_name, *rest, **more)


responses.DynamoHandler.update_table = update_table
APIGatewayBackend.create_domain_name = create_domain_name
Table.describe = describe
DynamoDBBackend.get_table = get_table
DynamoDBBackend.delete_table = delete_table
LambdaBackend.create_event_source_mapping = create_event_source_mapping

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    main(sys.argv[1:])
