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

BUCKETS = {
    "assets": "AssetS3BucketNameOutput",
    "visualizer": "AssetVisualizerS3BucketNameOutput",
    "artefacts": "ArtefactsS3BucketNameOutput",
}


class Stack:
    """The physical names of one stack, looked up once."""

    def __init__(self, name):
        self.name = name
        cloud = boto3.client("cloudformation")
        described = cloud.describe_stacks(StackName=name)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}
        self.tables = {}
        for logical, physical in _resources(cloud, name, "AWS::DynamoDB::Table"):
            construct = re.sub(r"[0-9A-F]{8}$", "", logical)
            self.tables[construct] = physical
        self.buckets = {use: self.outputs[key] for use, key in BUCKETS.items()}
        self.pool = self.outputs["AuthCognitoUserPoolId"]


def _resources(cloud, stack, kind):
    """Logical and physical names of a kind, through all nested stacks."""
    pages = cloud.get_paginator("list_stack_resources").paginate(StackName=stack)
    for resource in (entry for page in pages for entry in page["StackResourceSummaries"]):
        if resource["ResourceType"] == kind:
            yield resource["LogicalResourceId"], resource["PhysicalResourceId"]
        elif resource["ResourceType"] == "AWS::CloudFormation::Stack":
            yield from _resources(cloud, resource["PhysicalResourceId"], kind)
