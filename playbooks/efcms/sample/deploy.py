#!/usr/bin/env python3
"""Stands in for the court's terraform: makes what 'deploy' and 'migration' make, and takes it away.

Usage: deploy.py colour           wires the deploying colour; makes a table and a search domain where
                                  they are another version
       deploy.py undo-colour      its inverse
       deploy.py migration        the replicator and the segments function
       deploy.py undo-migration   its inverse

DEPLOYING_COLOR, SOURCE_TABLE_VERSION and DESTINATION_TABLE_VERSION (alpha, beta) say what for.
Everything is safe to repeat.
"""

import os
import sys
import time

from botocore.exceptions import ClientError

from sample import (
    DOMAIN, EAST, ENV, INDICES, ROLE, WEST, apis, client, code, domain_of, endpoint_of, mapped,
    mapping_of, search, set_variables, stream_of, table_of, variables)

FUNCTIONS = {
    EAST: ("api", "api_async", "websockets_connect", "send_maintenance_notifications",
           "streams", "bounce_handler"),
    WEST: ("api", "api_async", "websockets_connect", "send_maintenance_notifications"),
}
# What the hosted zone of every CloudFront distribution is.
EDGE_ZONE = "Z2FDTNDATAQYW2"


def there(call, *absent):
    """The call's answer; None where its error says that there is no such thing."""
    try:
        return call()
    except ClientError as error:
        if code(error) in absent:
            return None
        raise


def table_at(version, region):
    return there(
        lambda: client("dynamodb", region).describe_table(TableName=table_of(version)),
        "ResourceNotFoundException")


def make_table(version):
    dynamo, name = client("dynamodb"), table_of(version)
    if not table_at(version, EAST):
        dynamo.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                       {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "gsi1pk")],
            GlobalSecondaryIndexes=[{
                "IndexName": "gsi1", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"},
                              {"AttributeName": "pk", "KeyType": "RANGE"}]}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        dynamo.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        dynamo.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    if not table_at(version, WEST):
        dynamo.update_table(
            TableName=name, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])


def drop_table(version):
    if table_at(version, WEST):
        client("dynamodb").update_table(
            TableName=table_of(version), ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
    for _ in range(100):
        if not table_at(version, WEST):
            break
        time.sleep(0.1)
    if table_at(version, EAST):
        client("dynamodb").delete_table(TableName=table_of(version))


def make_domain(version):
    if endpoint_of(version):
        return
    client("opensearch").create_domain(
        DomainName=domain_of(version), EngineVersion="OpenSearch_2.11")
    search("DELETE", endpoint_of(version))
    for index in INDICES.values():
        search("PUT", endpoint_of(version), f"/{index}", {"settings": {"number_of_replicas": 0}})


def drop_domain(version):
    there(lambda: client("opensearch").delete_domain(DomainName=domain_of(version)),
          "ResourceNotFoundException")


def point(zone, name, target):
    record = {"Name": f"{name}.", "Type": "A", "AliasTarget": {
        "HostedZoneId": EDGE_ZONE, "DNSName": target, "EvaluateTargetHealth": False}}
    client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={
        "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]})


def wire(colour, version):
    """Tells a colour's functions their table and their search domain."""
    for region, names in FUNCTIONS.items():
        for name in names:
            set_variables(
                f"{name}_{ENV}_{colour}", region, DYNAMODB_TABLE_NAME=table_of(version),
                ELASTICSEARCH_ENDPOINT=endpoint_of(version) or "")


def index_from(colour, version, enabled):
    """Binds a colour's indexer to a table's stream, unless it is bound there already."""
    function, source = f"streams_{ENV}_{colour}", stream_of(table_of(version))
    former = mapping_of(function)
    if former and former["EventSourceArn"] == source:
        return
    if former:
        client("lambda").delete_event_source_mapping(UUID=former["UUID"])
    client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, BatchSize=100, Enabled=enabled,
        BisectBatchOnFunctionError=True, StartingPosition="TRIM_HORIZON")


def own_names(colour):
    for name, kind in (("api", "gateway_api"), ("public-api", "gateway_api_public")):
        yield f"{name}-{colour}.{DOMAIN}", f"{kind}_{ENV}_{colour}"


def make_colour(colour, source, destination):
    if source != destination:
        make_table(destination)
        make_domain(destination)
    wire(colour, destination)
    index_from(colour, destination, enabled=source != destination)
    for region in (EAST, WEST):
        for domain, api in own_names(colour):
            if not mapped(domain, region):
                client("apigateway", region).create_base_path_mapping(
                    domainName=domain, restApiId=apis(region)[api], stage=ENV)
    print(f"table={table_of(destination)}\ndomain={domain_of(destination)}")


def undo_colour(colour, source, destination):
    wire(colour, source)
    index_from(colour, source, enabled=False)
    for region in (EAST, WEST):
        for domain, _ in own_names(colour):
            there(lambda: client("apigateway", region).delete_base_path_mapping(
                domainName=domain, basePath="(none)"), "NotFoundException")
    if source != destination:
        drop_domain(destination)
        drop_table(destination)


def make_migration(source, destination):
    from seed import make_function, zip_of_nothing
    origins = {
        f"migration_lambda_{ENV}": stream_of(table_of(source)),
        f"migration_segments_lambda_{ENV}": client("sqs").get_queue_attributes(
            QueueUrl=client("sqs").get_queue_url(
                QueueName=f"migration_segments_queue_{ENV}")["QueueUrl"],
            AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
    }
    for name, origin in origins.items():
        if not there(lambda: variables(name), "ResourceNotFoundException"):
            make_function(name, EAST, zip_of_nothing(), {
                "STAGE": ENV, "SOURCE_TABLE": table_of(source),
                "DESTINATION_TABLE": table_of(destination)})
        if not mapping_of(name):
            more = {"StartingPosition": "LATEST"} if "dynamodb" in origin else {}
            client("lambda").create_event_source_mapping(
                FunctionName=name, EventSourceArn=origin, BatchSize=1, Enabled=True, **more)


def undo_migration():
    for name in (f"migration_lambda_{ENV}", f"migration_segments_lambda_{ENV}"):
        if not there(lambda: variables(name), "ResourceNotFoundException"):
            continue
        if mapping := mapping_of(name):
            client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
        client("lambda").delete_function(FunctionName=name)


def main(words):
    source, destination = (
        os.environ.get(f"{which}_TABLE_VERSION") for which in ("SOURCE", "DESTINATION"))
    colour = os.environ.get("DEPLOYING_COLOR")
    match words:
        case ["colour"]:
            make_colour(colour, source, destination)
        case ["undo-colour"]:
            undo_colour(colour, source, destination)
        case ["migration"]:
            make_migration(source, destination)
        case ["undo-migration"]:
            undo_migration()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
