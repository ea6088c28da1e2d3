"""What seed.py and compare.py share: how the parts of a sample stack are found, with boto3 alone.

The region comes from AWS_REGION or the profile, the server from AWS_ENDPOINT_URL, as usual.
"""

import re

import boto3

ADMIN = "admin@example.test"

# Construct ids of the tables whose items a cutover carries over, with their key attributes.
TABLES = {
    "AssetStorageTable": ("databaseId", "assetId"),
    "AssetLinksStorageTable": ("assetIdFrom", "assetIdTo"),
    "AuthEntitiesTable": ("entityType", "sk"),
    "CommentStorageTable": ("assetId", "assetVersionId:commentId"),
    "DatabaseStorageTable": ("databaseId",),
    "JobStorageTable": ("jobId", "databaseId"),
    "MetadataStorageTable": ("databaseId", "assetId"),
    "MetadataSchemaStorageTable": ("databaseId", "field"),
    "PipelineStorageTable": ("databaseId", "pipelineId"),
    "WorkflowStorageTable": ("databaseId", "workflowId"),
    "WorkflowExecutionStorageTable": ("pk", "sk"),
    "RolesStorageTable": ("roleName",),
    "UserRolesStorageTable": ("userId", "roleName"),
    "SubscriptionsStorageTable": ("eventName", "entityName_entityId"),
    "TagStorageTable": ("tagName",),
    "TagTypeStorageTable": ("tagTypeName",),
}

# Rewritten by each deploy, so never carried over.
OWN_TABLES = {"AppFeatureEnabledStorageTable": ("featureName",)}

BUCKETS = {"assets": "AssetBucket", "visualizer": "AssetVisualizerBucket", "artefacts": "ArtefactsBucket"}


class Stack:
    """The physical names of one stack, looked up once.

    Not by outputs: moto gives none to a stack that was made by a change set. The pool is found by its
    name, which is that of the stack.
    """

    def __init__(self, name):
        self.name = name
        found = {}
        for logical, physical in _resources(boto3.client("cloudformation"), name):
            found[re.sub(r"[0-9A-F]{8}$", "", logical)] = physical
        self.tables = {t: found[t] for t in TABLES | OWN_TABLES}
        self.buckets = {use: found[construct] for use, construct in BUCKETS.items()}
        self.pool = pool_of(name)


def pool_of(name):
    pages = boto3.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    pools = (pool for page in pages for pool in page["UserPools"])
    return next((pool["Id"] for pool in pools if pool["Name"] == name), None)


def _resources(cloud, stack):
    """Logical and physical names, through all nested stacks."""
    pages = cloud.get_paginator("list_stack_resources").paginate(StackName=stack)
    for resource in (entry for page in pages for entry in page["StackResourceSummaries"]):
        if resource["ResourceType"] == "AWS::CloudFormation::Stack":
            yield from _resources(cloud, resource["PhysicalResourceId"])
        else:
            yield resource["LogicalResourceId"], resource.get("PhysicalResourceId")
