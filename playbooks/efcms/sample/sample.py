"""What seed.py, deploy.py, worker.py and verify.py share: names, clients and the two little tools.

All names follow the court's: see ../README.md. EFCMS_ENV names the environment ("test"),
AWS_ENDPOINT_URL the server and SEARCH_URL the search server. Nothing runs without the first of the
two, so that no account is ever filled by mistake.
"""

import functools
import json
import os
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

if not os.environ.get("AWS_ENDPOINT_URL"):
    sys.exit("sample: set AWS_ENDPOINT_URL to a test server; this is never for an account")

ENV = os.environ.get("EFCMS_ENV", "test")
DOMAIN = f"{ENV}.ef-cms.example"
SEARCH = os.environ.get("SEARCH_URL", "http://127.0.0.1:9200")
EAST, WEST = "us-east-1", "us-west-1"
COLOURS = ("blue", "green")
DEPLOY_TABLE = f"efcms-deploy-{ENV}"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda_role_{ENV}"
# Indices by the entity that is kept in them; the first three are those whose counts are compared.
INDICES = {
    "Case": "efcms-case", "DocketEntry": "efcms-docket-entry", "User": "efcms-user",
    "CaseDeadline": "efcms-case-deadline", "Message": "efcms-message",
    "WorkItem": "efcms-work-item",
}


@functools.cache
def client(service, region=EAST):
    return boto3.client(service, region_name=region)


def code(error):
    return error.response["Error"]["Code"]


def table_of(version):
    return f"efcms-{ENV}-{version}"


def domain_of(version):
    return f"efcms-search-{ENV}-{version}"


def endpoint_of(version):
    """The domain's endpoint; None where there is no such domain."""
    try:
        found = client("opensearch").describe_domain(DomainName=domain_of(version))
        return found["DomainStatus"]["Endpoint"]
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def search(method, endpoint, path="", body=None):
    """One request to the search server; gives the answer, or None for 404."""
    request = urllib.request.Request(
        f"{SEARCH}/@{endpoint}{path}", method=method,
        data=body if isinstance(body, bytes) else body and json.dumps(body).encode(),
        headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def stream_of(table):
    return client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]


def mapping_of(function):
    """The one event source mapping of a function; None without one."""
    found = client("lambda").list_event_source_mappings(FunctionName=function)
    return next(iter(found["EventSourceMappings"]), None)


def variables(function, region=EAST):
    found = client("lambda", region).get_function_configuration(FunctionName=function)
    return found["Environment"]["Variables"]


def set_variables(function, region=EAST, **new):
    client("lambda", region).update_function_configuration(
        FunctionName=function, Environment={"Variables": variables(function, region) | new})


def apis(region):
    pages = client("apigateway", region).get_paginator("get_rest_apis").paginate()
    return {api["name"]: api["id"] for page in pages for api in page["items"]}


def mapped(domain, region):
    """Which API answers under a custom domain; None where no one does."""
    try:
        found = client("apigateway", region).get_base_path_mapping(
            domainName=domain, basePath="(none)")
    except ClientError as error:
        if code(error) == "NotFoundException":
            return None
        raise
    return found["restApiId"]


def value(key):
    found = client("dynamodb").get_item(
        TableName=DEPLOY_TABLE, Key={"pk": {"S": key}, "sk": {"S": key}}, ConsistentRead=True)
    return next(iter(found["Item"]["current"].values())) if "Item" in found else None
