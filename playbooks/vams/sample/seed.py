#!/usr/bin/env python3
"""Makes what the sample needs, the same every time.

Usage: seed.py prepare                 the storage template in a bucket, the zone; prints JSON
       seed.py stack NAME [--web DOMAIN]  a stack and its user pool, as an older release left them
       seed.py pool NAME               its user pool alone, unless it is there; prints JSON
       seed.py drop-pool NAME          the pool away
       seed.py defaults NAME           the rows that VAMS's custom resources write at a deploy
       seed.py fill NAME [--share N]   20,000 items, 1,500 objects and 300 users; --share 100 makes
                                       a hundredth of them

Talks to whatever AWS_ENDPOINT_URL names. It refuses to run without that variable, so that it never
fills an account by mistake; say AWS_ENDPOINT_URL=aws to mean the real one.
"""

import json
import os
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

if os.environ.get("AWS_ENDPOINT_URL") == "aws":
    del os.environ["AWS_ENDPOINT_URL"]
elif not os.environ.get("AWS_ENDPOINT_URL"):
    sys.exit("seed.py: set AWS_ENDPOINT_URL to a test server, or to 'aws' if you mean AWS")

import boto3  # noqa: E402  (after the guard)

from sample import ADMIN, Stack, pool_of  # noqa: E402

SEED = 20261121
ZONE = "example.test."
TEMPLATES = os.path.dirname(os.path.abspath(__file__))

ITEMS = {
    "AssetStorageTable": 4000,
    "AssetLinksStorageTable": 1500,
    "CommentStorageTable": 4000,
    "DatabaseStorageTable": 200,
    "MetadataStorageTable": 3500,
    "MetadataSchemaStorageTable": 300,
    "PipelineStorageTable": 100,
    "WorkflowStorageTable": 100,
    "WorkflowExecutionStorageTable": 4000,
    "UserRolesStorageTable": 600,
    "SubscriptionsStorageTable": 1200,
    "TagStorageTable": 500,
}
OBJECTS = {"assets": 900, "visualizer": 400, "artefacts": 200}
USERS = 300

WORDS = "Ångström 点群 плита turbine نقطة mesh 🏗 wing Größe σκάλα hull point-cloud".split()


# The account and region of a stack's names


def place():
    region = boto3.session.Session().region_name
    account = boto3.client("sts").get_caller_identity()["Account"]
    return region, account


def templates_bucket():
    region, account = place()
    return f"vams-sample-templates-{account}-{region}"


def prepare():
    """Puts the nested template where CloudFormation reads it, and makes the zone; both only once."""
    s3, dns = boto3.client("s3"), boto3.client("route53")
    bucket, (region, _) = templates_bucket(), place()
    where = {} if region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": region}}
    if bucket not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=bucket, **where)
    s3.upload_file(f"{TEMPLATES}/storage.template.json", bucket, "storage.template.json")
    zones = dns.list_hosted_zones_by_name(DNSName=ZONE)["HostedZones"]
    zone = next((known["Id"] for known in zones if known["Name"] == ZONE), None)
    if not zone:
        # A private one: nobody outside can ask the name servers of an emulator, nor is asked to.
        network = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        zone = dns.create_hosted_zone(
            Name=ZONE, CallerReference="vams-sample", HostedZoneConfig={"PrivateZone": True},
            VPC={"VPCRegion": region, "VPCId": network})["HostedZone"]["Id"]
        point(zone, "blue")
    print(json.dumps({"zone": zone.rsplit("/", 1)[1], "templates": template_url()}))


def template_url():
    return f"https://{templates_bucket()}.s3.amazonaws.com/storage.template.json"


def point(zone, colour):
    record = {
        "Name": f"vams.{ZONE}", "Type": "CNAME", "TTL": 1,
        "ResourceRecords": [{"Value": f"{colour}.{ZONE}"}]}
    boto3.client("route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]})


def make_pool(name):
    return pool_of(name) or boto3.client("cognito-idp").create_user_pool(
        PoolName=name, AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "department", "AttributeDataType": "String", "Mutable": True}],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})["UserPool"]["Id"]


def drop_pool(name):
    if pool := pool_of(name):
        boto3.client("cognito-idp").delete_user_pool(UserPoolId=pool)


def make_stack(name, web):
    """What an older release left behind: this way of making it is not the cutover's own."""
    parameters = {"StorageTemplateURL": template_url(), "UserPoolId": make_pool(name)}
    if web:
        parameters["WebBucketName"] = web
    with open(f"{TEMPLATES}/core.template.json", encoding="utf-8") as file:
        cloud = boto3.client("cloudformation")
        cloud.create_stack(
            StackName=name, TemplateBody=file.read(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in parameters.items()])
        cloud.get_waiter("stack_create_complete").wait(StackName=name)
    make_defaults(name)


def make_defaults(name):
    """Written again by each deploy; the admin is made by the stack."""
    stack = Stack(name)
    rows = {
        "RolesStorageTable": [{"roleName": role, "source": "INTERNAL_SYSTEM", "sourceIdentifier": name}
                              for role in ("admin", "readonly")],
        "UserRolesStorageTable": [{"userId": ADMIN, "roleName": "admin"}],
        "AuthEntitiesTable": [
            {"entityType": "constraint", "sk": f"constraint#{role}-{kind}", "role": role, "kind": kind}
            for role in ("admin", "readonly") for kind in ("api", "web", "asset")],
        "AppFeatureEnabledStorageTable": [{"featureName": f} for f in ("GOVCLOUD", "NOOPENSEARCH")],
    }
    dynamo = boto3.resource("dynamodb")
    for table, items in rows.items():
        with dynamo.Table(stack.tables[table]).batch_writer() as batch:
            for item in items:
                batch.put_item(item)
    users = boto3.client("cognito-idp")
    try:
        users.admin_create_user(
            UserPoolId=stack.pool, Username=ADMIN, MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": ADMIN}])
    except users.exceptions.UsernameExistsException:
        pass


# What users have made


def rows(stack, share):
    """Every table's items; they name things of their stack, as those of VAMS do."""
    numbers = random.Random(SEED)
    region, account = place()
    count = {table: max(3, total // share) for table, total in ITEMS.items()}
    databases = [f"db-{n}" for n in range(count["DatabaseStorageTable"])]
    assets = [(databases[n % len(databases)] + ("#deleted" if n % 50 == 9 else ""), f"x{n:05}")
              for n in range(count["AssetStorageTable"])]

    def text():
        return " ".join(numbers.choice(WORDS) for _ in range(numbers.randrange(3, 30)))

    def arn(service, rest):
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    for n, name in enumerate(databases):
        yield "DatabaseStorageTable", {
            "databaseId": name, "description": text(), "assetCount": n * 3, "acl": []}
    for n, (database, asset) in enumerate(assets):
        item = {
            "databaseId": database, "assetId": asset, "assetName": text(), "description": text(),
            "isDistributable": n % 3 == 0, "tags": {f"tag-{n % 7}", f"tag-{n % 5}"},
            "assetLocation": {"Bucket": stack.buckets["assets"], "Key": f"{asset}/"},
            "currentVersion": {"Version": str(n % 9), "Comment": text(), "S3Version": None},
            "versions": [{"Version": str(v), "FileSize": f"{v}.5MB"} for v in range(n % 3)],
            "size": n * 1_000_003, "thumb": bytes([n % 256, 0, 255])}
        if n % 4 == 0:
            item["snsTopic"] = arn("sns", f"{stack.name}-{asset}")
        yield "AssetStorageTable", item
    for n in range(count["AssetLinksStorageTable"]):
        yield "AssetLinksStorageTable", {
            "assetIdFrom": assets[n % len(assets)][1], "assetIdTo": f"y{n:05}",
            "relationshipType": ("related", "parent-child")[n % 2]}
    for n in range(count["CommentStorageTable"]):
        yield "CommentStorageTable", {
            "assetId": assets[n % len(assets)][1], "assetVersionId:commentId": f"{n % 9}:c{n}",
            "commentBody": f"<p>{text()}</p>", "commentOwnerID": f"user{n % 300}@example.test"}
    for n in range(count["MetadataStorageTable"]):
        yield "MetadataStorageTable", {
            "databaseId": databases[n % len(databases)], "assetId": f"m{n:05}",
            **{f"field {f}": text() for f in range(n % 5)}}
    for n in range(count["MetadataSchemaStorageTable"]):
        yield "MetadataSchemaStorageTable", {
            "databaseId": databases[n % len(databases)], "field": f"field {n}", "sequenceNumber": n,
            "required": n % 2 == 0, "dataType": "string"}
    for n in range(count["PipelineStorageTable"]):
        yield "PipelineStorageTable", {
            "databaseId": databases[n % len(databases)], "pipelineId": f"pipe-{n}",
            "lambdaName": f"{stack.name}-pipeline-{n}", "enabled": True}
    for n in range(count["WorkflowStorageTable"]):
        yield "WorkflowStorageTable", {
            "databaseId": databases[n % len(databases)], "workflowId": f"flow-{n}",
            "workflow_arn": arn("states", f"stateMachine:{stack.name}-flow-{n}"),
            "specifiedPipelines": {"functions": [{"name": f"pipe-{n}"}]}}
    for n in range(count["WorkflowExecutionStorageTable"]):
        yield "WorkflowExecutionStorageTable", {
            "pk": assets[n % len(assets)][1], "sk": f"run-{n}", "executionStatus": "SUCCEEDED",
            "workflow_arn": arn("states", f"stateMachine:{stack.name}-flow-{n % 100}"),
            "execution_arn": arn("states", f"execution:{stack.name}-flow-{n % 100}:run-{n}")}
    for n in range(count["UserRolesStorageTable"]):
        yield "UserRolesStorageTable", {
            "userId": f"user{n // 2}@example.test", "roleName": ("admin", "readonly")[n % 2]}
    for n in range(count["SubscriptionsStorageTable"]):
        yield "SubscriptionsStorageTable", {
            "eventName": "Asset Version Change", "entityName_entityId": f"Asset#x{n:05}",
            "subscribers": [f"user{n % 300}@example.test"]}
    for n in range(count["TagStorageTable"]):
        yield "TagStorageTable", {"tagName": f"tag-{n}", "tagTypeName": text(), "description": text()}


def fill(name, share):
    stack = Stack(name)
    tables = {}
    for table, item in rows(stack, share):
        tables.setdefault(table, []).append(item)
    dynamo = boto3.resource("dynamodb")
    for table, items in tables.items():
        with dynamo.Table(stack.tables[table]).batch_writer() as batch:
            for item in items:
                batch.put_item(item)
    numbers, own = random.Random(SEED), threading.local()

    def put(job):
        # Clients are not made in several threads at once by boto3's rules; each has its own.
        if not hasattr(own, "s3"):
            own.s3 = boto3.session.Session().client("s3")
        own.s3.put_object(**job)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, objects(stack, share, numbers)))
    users = boto3.client("cognito-idp")
    for number in range(max(3, USERS // share)):
        user = f"user{number}@example.test"
        users.admin_create_user(
            UserPoolId=stack.pool, Username=user, MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": user}, {"Name": "email_verified", "Value": "true"},
                {"Name": "name", "Value": WORDS[number % len(WORDS)]},
                {"Name": "custom:department", "Value": f"dept {number % 9}"}])
        if number % 20 == 7:
            users.admin_disable_user(UserPoolId=stack.pool, Username=user)


def objects(stack, share, numbers):
    folders = ["models", "scans/é & co", "previews", "a+b=c", "点群"]
    for use, total in OBJECTS.items():
        for number in range(max(3, total // share)):
            size = 0 if number % 60 == 5 else numbers.randrange(1, 6000)
            job = {
                "Bucket": stack.buckets[use],
                "Key": f"x{number % 97:05}/{folders[number % 5]}/{number:04} file.glb",
                "Body": numbers.randbytes(size),
                "ContentType": ("model/gltf-binary", "text/plain; charset=utf-8")[number % 2]}
            if number % 3 == 0:
                job["Metadata"] = {"assetid": f"x{number % 97:05}", "databaseid": "db"}
            if number % 10 == 0:
                job["Tagging"] = f"team=ops&n={number}"
            yield job


def main(words):
    match words:
        case ["prepare"]:
            prepare()
        case ["stack", name]:
            make_stack(name, None)
        case ["stack", name, "--web", domain]:
            make_stack(name, domain)
        case ["pool", name]:
            print(json.dumps({"pool": make_pool(name)}))
        case ["drop-pool", name]:
            drop_pool(name)
        case ["defaults", name]:
            make_defaults(name)
        case ["fill", name]:
            fill(name, 1)
        case ["fill", name, "--share", share]:
            fill(name, int(share))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
