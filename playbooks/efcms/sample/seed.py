#!/usr/bin/env python3
"""Makes the sample of the court's environment: blue is live on table alpha, green is the last one.

Usage: seed.py [--cases N]     N cases (40) and what belongs to them, about six items each

Prints the parameters that only the server knows, as options of 'cutover run'.

Names and people are made up. What the court's terraform makes for a colour stands in deploy.py,
which this calls; what its functions do stands in worker.py.
"""

import io
import json
import os
import random
import sys
import urllib.request
import zipfile

import deploy
from sample import (
    ACCOUNT, COLOURS, DEPLOY_TABLE, DOMAIN, EAST, ENV, ROLE, WEST, apis, client, stream_of,
    table_of)

SEED = 20261121
MIGRATIONS = ("0001-add-case-status.js", "0002-trim-names.js")
VALUES = {
    "current-color": {"S": "blue"}, "source-table-version": {"S": "alpha"},
    "destination-table-version": {"S": "alpha"}, "migrate": {"BOOL": False},
    "migration-queue-empty": {"BOOL": True}, "pending-color-switch": {"BOOL": False},
    "maintenance-mode": {"BOOL": False}, "order-suspension": {"BOOL": True},
}
FAMILY = ("Åström", "Béla", "Ng", "O'Hara", "Жук", "小林", "García", "Smith")


def zip_of_nothing():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return event\n")
    return data.getvalue()


def put(table, items):
    dynamo = client("dynamodb")
    items = list(items)
    for start in range(0, len(items), 25):
        dynamo.batch_write_item(RequestItems={
            table: [{"PutRequest": {"Item": item}} for item in items[start:start + 25]]})


def text(**attributes):
    return {name: {"S": value} for name, value in attributes.items()}


def rows(cases):
    """The court's shapes: users, cases, docket entries, work items, messages, deadlines, mappings."""
    numbers = random.Random(SEED)
    users = [f"{numbers.getrandbits(64):016x}" for _ in range(max(cases // 4, 2))]
    for user in users:
        yield text(
            pk=f"user|{user}", sk=f"user|{user}", entityName="User", userId=user,
            name=f"{numbers.choice(FAMILY)} ", role="petitioner")
    for n in range(cases):
        docket = f"{101 + n}-26"
        key, user = f"case|{docket}", users[n % len(users)]
        yield text(
            pk=key, sk=key, entityName="Case", docketNumber=docket,
            caseCaption=f"{numbers.choice(FAMILY)}, Petitioner") | {
                "isPaper": {"BOOL": n % 2 == 0}, "orderedBy": {"NULL": True},
                "petitioners": {"L": [{"M": text(name=numbers.choice(FAMILY))}]}}
        for entry in range(2):
            yield text(
                pk=key, sk=f"docket-entry|{docket}-{entry}", entityName="DocketEntry",
                docketNumber=docket, documentTitle="Petition") | {"index": {"N": str(entry)}}
        yield text(
            pk=key, sk=f"work-item|{docket}", gsi1pk=f"work-item|{docket}", entityName="WorkItem",
            docketNumber=docket, section="petitions")
        yield text(
            pk=f"user|{user}", sk=key, gsi1pk=f"user-case|{docket}", entityName="UserCase",
            docketNumber=docket)
        if n % 4 == 0:
            yield text(
                pk=key, sk=f"message|{docket}", entityName="Message", docketNumber=docket,
                message=numbers.choice(FAMILY) * 5)
            yield text(
                pk=key, sk=f"case-deadline|{docket}", entityName="CaseDeadline",
                docketNumber=docket, deadlineDate="2027-01-15")
    yield text(pk=f"section-outbox|docket", sk="2026-11-20T10:00:00.000Z", entityName="OutboxItem")
    for name in MIGRATIONS:
        yield text(pk="migration", sk=f"migration|{name}", createdAt="2026-01-05T05:10:00.000Z")


def make_tables(cases):
    key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    client("dynamodb").create_table(
        TableName=DEPLOY_TABLE, KeySchema=key, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")])
    put(DEPLOY_TABLE, (text(pk=k, sk=k) | {"current": v} for k, v in VALUES.items()))
    deploy.make_table("alpha")
    put(table_of("alpha"), rows(cases))


def make_queues():
    sqs = client("sqs")
    dead = f"migration_segments_dl_queue_{ENV}"
    sqs.create_queue(QueueName=dead)
    sqs.create_queue(QueueName=f"migration_failure_queue_{ENV}")
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{EAST}:{ACCOUNT}:{dead}", "maxReceiveCount": 2}
    sqs.create_queue(QueueName=f"migration_segments_queue_{ENV}", Attributes={
        "VisibilityTimeout": "2", "RedrivePolicy": json.dumps(policy)})


def make_functions():
    client("iam").create_role(RoleName=f"lambda_role_{ENV}", AssumeRolePolicyDocument="{}")
    code = zip_of_nothing()
    for region in (EAST, WEST):
        for colour in COLOURS:
            for name in deploy.FUNCTIONS[region]:
                make_function(f"{name}_{ENV}_{colour}", region, code, {
                    "STAGE": ENV, "CURRENT_COLOR": colour, "SOURCE_TABLE": "",
                    "DISABLE_ALL_TRAFFIC": "false" if colour == "blue" else "true"})
    make_function(f"cognito_post_confirmation_lambda_{ENV}", EAST, code, {"STAGE": ENV})


def make_function(name, region, code, values):
    client("lambda", region).create_function(
        FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="index.handler",
        Code={"ZipFile": code}, Environment={"Variables": values | {
            "DYNAMODB_TABLE_NAME": table_of("alpha")}})


def make_apis():
    for region in (EAST, WEST):
        gateway = client("apigateway", region)
        for name in ("gateway_api", "gateway_api_public"):
            for colour in COLOURS:
                api = gateway.create_rest_api(name=f"{name}_{ENV}_{colour}")["id"]
                root = gateway.get_resources(restApiId=api)["items"][0]["id"]
                at = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
                gateway.put_method(**at, authorizationType="NONE")
                gateway.put_integration(**at, type="MOCK")
                gateway.create_deployment(restApiId=api, stageName=ENV)
        found = apis(region)
        for name in ("api", "public-api"):
            for suffix in ("", "-blue", "-green"):
                gateway.create_domain_name(
                    domainName=f"{name}{suffix}.{DOMAIN}", endpointConfiguration={
                        "types": ["REGIONAL"]},
                    regionalCertificateArn=f"arn:aws:acm:{region}:{ACCOUNT}:certificate/1")
            kind = "gateway_api" if name == "api" else "gateway_api_public"
            for suffix in ("", "-blue"):
                gateway.create_base_path_mapping(
                    domainName=f"{name}{suffix}.{DOMAIN}", stage=ENV,
                    restApiId=found[f"{kind}_{ENV}_blue"])


def make_edges():
    edge, names = client("cloudfront"), client("route53")
    zone = names.create_hosted_zone(Name=f"{DOMAIN}.", CallerReference=ENV)["HostedZone"]["Id"]
    for prefix, general in (("app-", f"app.{DOMAIN}"), ("", DOMAIN)):
        for colour in COLOURS:
            aliases = [f"{prefix}{colour}.{DOMAIN}"] + [general] * (colour == "blue")
            made = edge.create_distribution(DistributionConfig={
                "CallerReference": aliases[0], "Comment": aliases[0], "Enabled": True,
                "Aliases": {"Quantity": len(aliases), "Items": aliases},
                "ViewerCertificate": {
                    "ACMCertificateArn": f"arn:aws:acm:{EAST}:{ACCOUNT}:certificate/1",
                    "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"},
                "Origins": {"Quantity": 1, "Items": [{
                    "Id": "files", "DomainName": f"{aliases[0]}.s3.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "files", "ViewerProtocolPolicy": "redirect-to-https",
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                    "MinTTL": 0}})["Distribution"]
            for name in aliases:
                deploy.point(zone, name, made["DomainName"])
    checks = [
        names.create_health_check(CallerReference=f"{ENV}-{region}", HealthCheckConfig={
            "Type": "HTTPS", "FullyQualifiedDomainName": f"api-blue.{DOMAIN}", "Port": 443,
            "ResourcePath": f"/{region}/health"})["HealthCheck"]["Id"]
        for region in (EAST, WEST)]
    return {"zone": zone.rsplit("/", 1)[1], "healthEast": checks[0], "healthWest": checks[1]}


def make_events():
    for name, schedule in (
            ("check_migration_status_cron", "rate(2 minutes)"),
            ("check_reindex_status_cron", "rate(1 minute)"),
            ("check_switch_colors_status_cron", "cron(* 5,6 ? * SUN *)")):
        client("events").put_rule(Name=f"{name}_{ENV}", ScheduleExpression=schedule)
    topic = client("sns").create_topic(Name=f"bounced_service_emails_{ENV}")["TopicArn"]
    client("sns").subscribe(
        TopicArn=topic, Protocol="lambda",
        Endpoint=f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:bounce_handler_{ENV}_blue")


def make_pool():
    """The user pool, and the user of production's smoke tests, who is kept out."""
    people = client("cognito-idp")
    pool = people.create_user_pool(PoolName=f"efcms-{ENV}")["UserPool"]["Id"]
    user = {"UserPoolId": pool, "Username": "smoketest@example.org"}
    people.admin_create_user(**user, MessageAction="SUPPRESS")
    people.admin_disable_user(**user)
    return {"pool": pool}


def main(words):
    cases = int(words[words.index("--cases") + 1]) if "--cases" in words else 40
    # moto's functions run in containers unless told otherwise; these answer with their payload.
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/moto-api/config", method="POST",
        data=json.dumps({"lambda": {"use_docker": False}}).encode(),
        headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()
    make_tables(cases)
    make_queues()
    make_functions()
    make_apis()
    given = make_edges() | make_pool()
    make_events()
    deploy.make_domain("alpha")
    for colour in COLOURS:
        deploy.wire(colour, "alpha")
        client("lambda").create_event_source_mapping(
            FunctionName=f"streams_{ENV}_{colour}", EventSourceArn=stream_of(table_of("alpha")),
            BatchSize=100, BisectBatchOnFunctionError=True, StartingPosition="TRIM_HORIZON",
            Enabled=colour == "blue")
    print(*(f"--set {name}={known}" for name, known in given.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
