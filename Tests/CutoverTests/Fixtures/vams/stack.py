#!/usr/bin/env python3
"""Makes, fills and takes away stacks of VAMS 2.5 on a server that emulates AWS.

Usage: stack.py deploy       what `cdk deploy` does, as far as a cutover sees it: the stack, its pool,
                             the rows and files of a fresh deploy
       stack.py destroy      what `cdk destroy` does: buckets and the pool stay
       stack.py synth        the template and parts of a stack that is there, in cdk.out; prints where
       stack.py publish      the parts where the template says
       stack.py fill         what users make
       stack.py zone NAME    the zone, with NAME VALUE for each record; prints its id

All but `zone` are run in a folder whose config.json says `stack` (its name), `mode` (cloudfront or alb),
`site`, `domain` and `release`. The server makes no user pools, settings of buckets, distributions or
load balancers for a stack, so that is done here, or only a name is made up.
"""

import hashlib
import json
import os
import pathlib
import sys

import boto3

import release
from release import construct, logical

ADMIN = "administrator@example.org"
SETTINGS = "vams-test-stacks"
FILES = ("x0001/é & co/model.glb", "x0002/a+b=c.txt", "previews/点群.png")


def digest(*words):
    return hashlib.sha256("/".join(words).encode()).hexdigest()


def region():
    return boto3.session.Session().region_name


def account():
    return boto3.client("sts").get_caller_identity()["Account"]


def make_bucket(name):
    where = {} if region() == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": region()}}
    s3 = boto3.client("s3")
    if name not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name, **where)


class Deployed:
    """The physical names of a stack that is there."""

    def __init__(self, name, cloud=None):
        self.name = name
        self.cloud = cloud or boto3.client("cloudformation")
        stack = self.cloud.describe_stacks(StackName=name)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        self.tables = {}
        self.nested = {}
        for entry in self.cloud.list_stack_resources(StackName=name)["StackResourceSummaries"]:
            if entry["ResourceType"] == "AWS::CloudFormation::Stack":
                self.nested[entry["LogicalResourceId"]] = entry["PhysicalResourceId"]
        known = {construct(logical(table)): table for table in release.TABLES}
        for part in self.nested.values():
            pages = self.cloud.get_paginator("list_stack_resources").paginate(StackName=part)
            for entry in (entry for page in pages for entry in page["StackResourceSummaries"]):
                if entry.get("ResourceType") == "AWS::DynamoDB::Table":
                    table = known.get(construct(entry["LogicalResourceId"]))
                    if table:
                        self.tables[table] = entry["PhysicalResourceId"]
        self.buckets = {
            "assets": self.outputs["AssetS3BucketNameOutput0"],
            "auxiliary": self.outputs["AssetAuxiliaryS3BucketNameOutput"],
            "artefacts": self.outputs["ArtefactsS3BucketNameOutput"]}
        self.web = self.outputs["WebAppS3BucketNameOutput"]
        self.pool = self.outputs["AuthCognitoUserPoolId"]
        rows = boto3.client("dynamodb").scan(TableName=self.tables["S3AssetBucketsStorageTable"])
        self.bucket_id = rows["Items"][0]["bucketId"]["S"] if rows["Items"] else None


# Deploying


def names_of(name, mode, site, domain):
    def unique(word):
        return f"{name}-{word}-{digest(name, word)[:8]}"[:63].lower()

    return {
        "mode": mode, "site": site or f"https://{domain}", "api": site.split("//")[1].rstrip("/"),
        "assets": unique("assetbucket"), "auxiliary": unique("auxiliary"),
        "artefacts": unique("artefacts"), "pool": make_pool(name),
        "web": domain if mode == "alb" else unique("webapp"),
        "logs": f"{domain}-webappaccesslogs" if mode == "alb" else unique("weblogs"),
        "distribution": "E" + digest(name, "distribution")[:13].upper(),
        "balancer": f"{name[:32]}-1234567890.{region()}.elb.amazonaws.com"}


def make_pool(name):
    users = boto3.client("cognito-idp")
    for page in users.get_paginator("list_user_pools").paginate(MaxResults=60):
        for pool in page["UserPools"]:
            if pool["Name"] == name:
                return pool["Id"]
    return users.create_user_pool(
        PoolName=name, AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "groups", "AttributeDataType": "String", "Mutable": True}],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})["UserPool"]["Id"]


def upload(names, keep):
    """The templates of nested stacks where the outer one finds them; `keep` gets a copy of each."""
    bucket = f"{SETTINGS}-{account()}-{region()}"
    make_bucket(bucket)
    urls = {}
    for part, template in (
        ("StorageResourcesBuilder", release.storage(names)), ("StaticWeb", release.web(names)),
    ):
        body = release.text(template)
        key = f"{part}-{digest(body)[:16]}.json"
        keep(bucket, key, body)
        urls[part] = f"https://{bucket}.s3.amazonaws.com/{key}"
    return urls


def put(bucket, key, body):
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())


def exists(name):
    cloud = boto3.client("cloudformation")
    try:
        return bool(cloud.describe_stacks(StackName=name)["Stacks"])
    except cloud.exceptions.ClientError:
        return False


def deploy(name, mode, site, domain, version):
    if not exists(name):
        names = names_of(name, mode, site, domain)
        for use in ("assets", "auxiliary", "artefacts"):
            # A stack of the same name that was here before has left them; CloudFormation would have
            # made up other names.
            drop_bucket(names[use])
        if mode != "alb":
            drop_bucket(names["logs"])
        cloud = boto3.client("cloudformation")
        cloud.create_stack(
            StackName=name,
            TemplateBody=release.text(release.core(names, upload(names, put), version)))
        cloud.get_waiter("stack_create_complete").wait(StackName=name)
        parameter = json.dumps(names)
        boto3.client("ssm").put_parameter(
            Name=f"/test/{name}", Value=parameter, Type="String", Overwrite=True)
        configure(names)
    write_defaults(Deployed(name))


def configure(names):
    """What CloudFormation sets on buckets by their properties, and this server does not."""
    s3 = boto3.client("s3")
    for use in ("assets", "auxiliary", "artefacts", "web", "logs"):
        s3.put_bucket_versioning(
            Bucket=names[use], VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(
            Bucket=names[use], PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True})
    s3.put_bucket_cors(Bucket=names["web"], CORSConfiguration={"CORSRules": [{
        "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"],
        "AllowedMethods": ["GET", "PUT", "POST", "HEAD"]}]})
    s3.put_bucket_policy(Bucket=names["web"], Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Sid": "Web", "Effect": "Allow", "Principal": "*", "Action": ["s3:Get*", "s3:List*"],
            "Resource": [f"arn:aws:s3:::{names['web']}", f"arn:aws:s3:::{names['web']}/*"],
            "Condition": {"StringEquals": {
                "aws:SourceVpce": "vpce-" + digest(names["assets"])[:17]}}}]}))
    s3.put_bucket_policy(Bucket=names["logs"], Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Sid": "Logs", "Effect": "Allow", "Action": "s3:PutObject",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Resource": f"arn:aws:s3:::{names['logs']}/*"}]}))
    s3.put_bucket_lifecycle_configuration(Bucket=names["logs"], LifecycleConfiguration={
        "Rules": [{"ID": "month", "Status": "Enabled", "Filter": {"Prefix": ""},
                   "Expiration": {"Days": 30}}]})
    if names["mode"] == "alb":
        # Not VAMS's own, but what an operator may have set, and wants back.
        s3.put_bucket_website(Bucket=names["web"], WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
    for key, kind in (("index.html", "text/html"), ("assets/index.js", "text/javascript")):
        s3.put_object(
            Bucket=names["web"], Key=key, ContentType=kind, CacheControl="no-cache",
            Body=f"{key} of the build for {names['assets']}".encode())


def write_defaults(stack):
    """What VAMS's custom resources write at each deploy."""
    dynamo = boto3.resource("dynamodb")
    for table, items in defaults(stack).items():
        for item in items:
            dynamo.Table(stack.tables[table]).put_item(Item=item)
    users = boto3.client("cognito-idp")
    try:
        users.admin_create_user(
            UserPoolId=stack.pool, Username=ADMIN, MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": ADMIN}])
    except users.exceptions.UsernameExistsException:
        pass


def defaults(stack):
    """The rows of a fresh deploy; some name their stack."""
    mine = digest(stack.name, "bucket")
    bucket_id = f"{mine[:8]}-{mine[8:12]}-{mine[12:16]}-{mine[16:20]}-{mine[20:32]}"
    place = f"{region()}:{account()}"
    return {
        "AppFeatureEnabledStorageTable": [{"featureName": stack.name}],
        "S3AssetBucketsStorageTable": [{
            "bucketId": bucket_id, "bucketName:baseAssetsPrefix": f"{stack.buckets['assets']}:/",
            "bucketName": stack.buckets["assets"], "baseAssetsPrefix": "/",
            "isVersioningEnabled": True}],
        "RolesStorageTable": [
            {"roleName": role, "source": stack.name} for role in ("admin", "readonly")],
        "UserRolesStorageTable": [{"userId": ADMIN, "roleName": "admin"}],
        "UserStorageTable": [{"userId": user, "email": user} for user in ("SYSTEM_USER", ADMIN)],
        "ConstraintsStorageTable": [
            {"constraintId": f"{role}#{role}", "groupId": role, "objectType": kind, "by": stack.name}
            for role, kind in (("admin", "api"), ("readonly", "web"))],
        "MetadataSchemaStorageTableV2": [{
            "metadataSchemaId": "default", "databaseId:metadataEntityType": "GLOBAL:fileMetadata",
            "databaseId": "GLOBAL", "metadataEntityType": "fileMetadata"}],
        "PipelineStorageTable": [{
            "databaseId": "GLOBAL", "pipelineId": "preview", "lambdaName": f"{stack.name}-preview"}],
        "WorkflowStorageTable": [{
            "databaseId": "GLOBAL", "workflowId": "preview",
            "workflow_arn": f"arn:aws:states:{place}:stateMachine:{stack.name}-preview"}]}


def drop_bucket(name):
    s3 = boto3.client("s3")
    if name not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
        return
    bucket = boto3.resource("s3").Bucket(name)
    bucket.object_versions.delete()
    bucket.delete()


def destroy(name):
    if not exists(name):
        return
    drop_bucket(Deployed(name).web)
    cloud = boto3.client("cloudformation")
    cloud.delete_stack(StackName=name)
    cloud.get_waiter("stack_delete_complete").wait(StackName=name)


# Updating in place


def synth(name, version):
    out = pathlib.Path("cdk.out")
    out.mkdir(parents=True, exist_ok=True)
    value = boto3.client("ssm").get_parameter(Name=f"/test/{name}")["Parameter"]["Value"]
    names = json.loads(value)
    parts = []

    def keep(bucket, key, body):
        (out / key).write_text(body, encoding="utf-8")
        parts.append({"bucket": bucket, "key": key})

    template = release.text(release.core(names, upload(names, keep), version))
    (out / f"{name}.template.json").write_text(template, encoding="utf-8")
    (out / "parts.json").write_text(json.dumps(parts), encoding="utf-8")
    print(f"template={out.absolute()}/{name}.template.json")


def publish():
    out = pathlib.Path("cdk.out")
    for part in json.loads((out / "parts.json").read_text(encoding="utf-8")):
        put(part["bucket"], part["key"], (out / part["key"]).read_text(encoding="utf-8"))


# What users make


def fill(name):
    stack = Deployed(name)
    dynamo = boto3.resource("dynamodb")
    s3, users = boto3.client("s3"), boto3.client("cognito-idp")
    versions = [s3.put_object(Bucket=stack.buckets["assets"], Key=FILES[0], Body=b"a former one")]
    for number, bucket in enumerate(stack.buckets.values()):
        for key in FILES:
            made = s3.put_object(
                Bucket=bucket, Key=key, Body=f"{key} {number}".encode(), Metadata={"of": str(number)},
                ContentType="model/gltf-binary", Tagging="team=ops")
            if number == 0 and key == FILES[1]:
                versions.append(made)
    for table, items in rows(stack, [made["VersionId"] for made in versions]).items():
        with dynamo.Table(stack.tables[table]).batch_writer() as batch:
            for item in items:
                batch.put_item(item)
    for number in range(4):
        user = f"user{number}@example.org"
        users.admin_create_user(
            UserPoolId=stack.pool, Username=user, MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": user}, {"Name": "email_verified", "Value": "true"},
                {"Name": "custom:groups", "Value": f"team {number}"}])
    users.admin_disable_user(UserPoolId=stack.pool, Username="user3@example.org")
    # Files beside the web app, with a former version; and lines of access logs.
    for body in ("old", "new"):
        s3.put_object(
            Bucket=stack.web, Key="branding/logo é.svg", Body=body.encode(),
            ContentType="image/svg+xml", Metadata={"by": "ops"}, Tagging="team=ops")
    if "AlbEndpointOutput" in stack.outputs:
        s3.put_object(Bucket=f"{stack.web}-webappaccesslogs", Key="web-app-access-log/1", Body=b"GET /")


def rows(stack, versions):
    """Rows of every table that is carried over, with the names of their stack in them.

    `versions` are ids of versions of the first two files; the third row names one that is gone.
    """
    place = f"{region()}:{account()}"
    found = {table: [] for table in release.TABLES if table not in release.STAYING}
    for number in range(3):
        database, asset = f"db-{number}" + "#deleted" * (number == 2), f"x{number:04}"
        for table, items in found.items():
            keys, indexes = release.TABLES[table]
            names = {name for text in [keys, *indexes.values()] for name in text.split()}
            items.append({name: f"{name} {number} é" for name in names} | {
                "note": f"row {number} of {table}", "size": number, "tags": {"a", f"t{number}"}})
        found["DatabaseStorageTable"][-1] |= {
            "databaseId": database, "defaultBucketId": stack.bucket_id}
        found["AssetStorageTable"][-1] |= {
            "databaseId": database, "assetId": asset, "bucketId": stack.bucket_id,
            "assetLocation": {"Key": f"{asset}/"},
            "snsTopic": f"arn:aws:sns:{place}:{stack.name}-{asset}"}
        found["PipelineStorageTable"][-1] |= {
            "databaseId": database, "lambdaName": f"{stack.name}-mesh-{number}"}
        found["WorkflowStorageTable"][-1] |= {
            "databaseId": database,
            "workflow_arn": f"arn:aws:states:{place}:stateMachine:{stack.name}-flow-{number}"}
        found["WorkflowExecutionsStorageTable"][-1] |= {
            "workflow_arn": f"arn:aws:states:{place}:stateMachine:{stack.name}-flow-{number}",
            "execution_arn": f"arn:aws:states:{place}:execution:{stack.name}-flow-{number}:run"}
        found["AssetFileVersionsStorageTableV2"][-1] |= {
            "fileKey": "/" + FILES[number].split("/", 1)[1],
            "versionId": [*versions, digest("gone")[:32]][number]}
        found["UserRolesStorageTable"][-1] |= {"userId": f"user{number}@example.org"}
    return found


def zone(name, records):
    dns = boto3.client("route53")
    # A private one: nobody outside can ask the name servers of an emulator, nor is asked to.
    network = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = dns.create_hosted_zone(
        Name=name, CallerReference=name, HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": region(), "VPCId": network})["HostedZone"]["Id"]
    changes = [{"Action": "UPSERT", "ResourceRecordSet": {
        "Name": record, "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": value}]}}
        for record, value in zip(records[::2], records[1::2])]
    dns.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
    print(made.rsplit("/", 1)[1])


def main(words):
    if words[:1] == ["zone"]:
        return zone(words[1], words[2:])
    config = json.loads(pathlib.Path("config.json").read_text(encoding="utf-8"))
    name, version = config["stack"], config["release"]
    match words:
        case ["deploy"]:
            deploy(name, config["mode"], config["site"], config["domain"], version)
        case ["destroy"]:
            destroy(name)
        case ["synth"]:
            synth(name, version)
        case ["publish"]:
            publish()
        case ["fill"]:
            fill(name)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("stack.py: set AWS_ENDPOINT_URL to a server that emulates AWS")
    # As CDK, and not as boto3, reads it.
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
    main(sys.argv[1:])
