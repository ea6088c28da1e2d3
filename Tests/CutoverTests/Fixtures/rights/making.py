"""Makes what one of the small playbooks beside it needs, and prints words for `--set`.

Usage: making.py NAME FOLDER; what an earlier run has made under the same names is removed first.
"""

import io
import json
import sys
import urllib.request
import zipfile

import boto3


def client(service):
    return boto3.client(service)


def fresh_tables(*names):
    for name in names:
        try:
            client("dynamodb").delete_table(TableName=name)
        except client("dynamodb").exceptions.ResourceNotFoundException:
            pass


def fresh_buckets(*names):
    for name in names:
        bucket = boto3.resource("s3").Bucket(name)
        if bucket.creation_date:
            bucket.object_versions.delete()
            bucket.delete()


def tables():
    fresh_tables("rights-from", "rights-busy", "rights-like", "rights-new")
    keys = {
        "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    for name in ("rights-from", "rights-busy", "rights-like"):
        client("dynamodb").create_table(TableName=name, **keys)
        client("dynamodb").update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
        client("dynamodb").update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for name in ("rights-from", "rights-like"):
        with boto3.resource("dynamodb").Table(name).batch_writer() as batch:
            for number in range(30):
                batch.put_item({"id": f"i{number}", "n": number})
    boto3.resource("dynamodb").Table("rights-busy").put_item(Item={"id": "i1", "n": 1})


def buckets():
    s3 = client("s3")
    fresh_buckets(
        *(f"rights-{name}" for name in ("assets", "gone", "saved", "copied", "back")))
    print(f"folder={sys.argv[2]}")
    for name in ("rights-assets", "rights-gone"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        for number in range(5):
            s3.put_object(Bucket=name, Key=f"models/{number}", Body=b"x" * number, Tagging="kind=mesh")
        s3.put_object(Bucket=name, Key="models/1", Body=b"newer")
    gone = {"Bucket": "rights-gone"}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(**gone, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_tagging(**gone, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_bucket_cors(**gone, CORSConfiguration={
        "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    s3.put_bucket_website(**gone, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_lifecycle_configuration(**gone, LifecycleConfiguration={"Rules": [
        {"ID": "a", "Status": "Enabled", "Prefix": "x/", "Expiration": {"Days": 1}}]})
    s3.put_bucket_policy(**gone, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::rights-gone/never"}]}))
    s3.put_public_access_block(**gone, PublicAccessBlockConfiguration={"BlockPublicAcls": True})


def names():
    network = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    zone = client("route53").create_hosted_zone(
        Name="rights.test.", CallerReference="rights", HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": "us-east-1", "VPCId": network})["HostedZone"]["Id"]
    print("zone=" + zone.rsplit("/", 1)[1])


def users():
    pools = client("cognito-idp")
    for name in ("from", "leave", "reset", "invite", "temporary", "trigger"):
        pool = pools.create_user_pool(
            PoolName=f"rights-{name}", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
        print(f"{'source' if name == 'from' else name}={pool}")
        if name != "from":
            continue
        pools.create_group(UserPoolId=pool, GroupName="editors")
        for number in range(3):
            user = {"UserPoolId": pool, "Username": f"user{number}"}
            pools.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=[
                {"Name": "email", "Value": f"user{number}@example.test"},
                {"Name": "email_verified", "Value": "true"}])
            pools.admin_add_user_to_group(**user, GroupName="editors")
        pools.admin_disable_user(UserPoolId=pool, Username="user2")


def services():
    settings = json.dumps({"lambda": {"use_docker": False}}).encode()
    urllib.request.urlopen(urllib.request.Request(
        client("lambda").meta.endpoint_url + "/moto-api/config", settings, method="POST",
        headers={"Content-Type": "application/json"}))
    trust = {"Version": "2012-10-17", "Statement": []}
    if any(f["FunctionName"] == "rights-echo" for f in client("lambda").list_functions()["Functions"]):
        return
    fresh_tables("rights-settings")
    role = client("iam").create_role(
        RoleName="rights-function", AssumeRolePolicyDocument=json.dumps(trust))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.py", "def h(event, context): return event")
    client("lambda").create_function(
        FunctionName="rights-echo", Runtime="python3.12", Role=role["Role"]["Arn"], Handler="a.h",
        Code={"ZipFile": archive.getvalue()}, Publish=True)
    dead = client("sqs").create_queue(QueueName="rights-dead")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(
        QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sqs").create_queue(QueueName="rights-queue", Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})})
    client("ssm").put_parameter(Name="/rights/domain", Value="example.test", Type="String")
    client("ssm").put_parameter(Name="/rights/key", Value="open-sesame", Type="SecureString")
    client("secretsmanager").create_secret(
        Name="rights-login", SecretString=json.dumps({"password": "swordfish"}))
    client("cloudwatch").put_metric_alarm(
        AlarmName="rights-errors", Namespace="rights", MetricName="errors", Statistic="Sum",
        Period=60, EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanThreshold")
    client("sns").create_topic(Name="rights-told")
    client("dynamodb").create_table(
        TableName="rights-settings", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])


def stacks():
    print(f"template={sys.argv[2]}/template.json")
    client("s3").create_bucket(Bucket="rights-templates")
    client("s3").put_object(Bucket="rights-templates", Key="queue.json", Body=json.dumps(
        {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}))
    client("cloudformation").create_stack(StackName="rights-blue", TemplateBody=json.dumps(
        {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}))


{"tables": tables, "buckets": buckets, "names": names, "users": users, "services": services,
 "stacks": stacks}[sys.argv[1]]()
