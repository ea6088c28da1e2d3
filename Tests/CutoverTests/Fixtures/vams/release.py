"""What a stack of VAMS 2.5 looks like to CloudFormation: templates with its real construct ids, keys and
indexes, for servers that emulate AWS.

CDK calls a resource by its construct's id (letters and digits only) and eight hexadecimal digits of a
digest over its path, so both stacks have the same logical ids; physical names are CloudFormation's.
"""

import hashlib
import json
import re

# Construct id: (keys, {index: keys}). Every key is a string.
TABLES = {
    "AppFeatureEnabledStorageTable": ("featureName", {}),
    "AssetStorageTable": (
        "databaseId assetId",
        {"BucketIdGSI": "bucketId assetId", "assetIdGSI": "assetId databaseId"}),
    "AssetVersionsStorageTable": ("assetId assetVersionId", {}),
    "AssetVersionsStorageTableV2": ("databaseId:assetId assetVersionId", {}),
    "AssetFileVersionsStorageTable": ("assetId:assetVersionId fileKey", {}),
    "AssetFileVersionsStorageTableV2": (
        "databaseId:assetId:assetVersionId fileKey",
        {"databaseIdAssetIdIndex": "databaseId:assetId"}),
    "AssetFileMetadataVersionsStorageTable": (
        "databaseId:assetId:assetVersionId type:filePath:metadataKey",
        {"databaseIdAssetIdIndex": "databaseId:assetId"}),
    "S3AssetBucketsStorageTable": (
        "bucketId bucketName:baseAssetsPrefix", {"bucketNameGSI": "bucketName baseAssetsPrefix"}),
    "AssetLinksStorageTable": (
        "assetIdFrom assetIdTo",
        {"AssetIdFromGSI": "assetIdFrom assetIdTo", "AssetIdToGSI": "assetIdTo assetIdFrom"}),
    "AssetLinksStorageTableV2.2": (
        "assetLinkId",
        {"fromAssetGSI": "fromAssetDatabaseId:fromAssetId toAssetDatabaseId:toAssetId",
         "toAssetGSI": "toAssetDatabaseId:toAssetId fromAssetDatabaseId:fromAssetId"}),
    "AssetLinksMetadataStorageTable": ("assetLinkId metadataKey", {}),
    "AssetUploadsStorageTable": (
        "uploadId assetId",
        {"AssetIdGSI": "assetId uploadId", "DatabaseIdGSI": "databaseId uploadId",
         "UserIdGSI": "UserId createdAt"}),
    "AuthEntitiesTable": ("entityType sk", {}),
    "ConstraintsStorageTable": (
        "constraintId",
        {"GroupPermissionsIndex": "groupId objectType", "UserPermissionsIndex": "userId objectType",
         "ObjectTypeIndex": "objectType constraintId"}),
    "CommentStorageTable": ("assetId assetVersionId:commentId", {}),
    "DatabaseStorageTable": ("databaseId", {}),
    "MetadataStorageTable": ("databaseId assetId", {}),
    "MetadataSchemaStorageTable": ("databaseId field", {}),
    "DatabaseMetadataStorageTableV2": (
        "metadataKey databaseId", {"DatabaseIdIndex": "databaseId metadataKey"}),
    "AssetFileMetadataStorageTableV2": (
        "metadataKey databaseId:assetId:filePath",
        {"DatabaseIdAssetIdFilePathIndex": "databaseId:assetId:filePath metadataKey",
         "DatabaseIdAssetIdIndex": "databaseId:assetId metadataKey"}),
    "FileAttributeStorageTableV2": (
        "attributeKey databaseId:assetId:filePath",
        {"DatabaseIdAssetIdFilePathIndex": "databaseId:assetId:filePath attributeKey",
         "DatabaseIdAssetIdIndex": "databaseId:assetId attributeKey"}),
    "MetadataSchemaStorageTableV2": (
        "metadataSchemaId databaseId:metadataEntityType",
        {"DatabaseIdMetadataEntityTypeIndex": "databaseId:metadataEntityType metadataSchemaId",
         "MetadataEntityTypeIndex": "metadataEntityType metadataSchemaId",
         "DatabaseIdIndex": "databaseId metadataSchemaId"}),
    "PipelineStorageTable": ("databaseId pipelineId", {}),
    "WorkflowStorageTable": ("databaseId workflowId", {}),
    "WorkflowExecutionsStorageTable": (
        "databaseId:assetId executionId",
        {"WorkflowGSI": "workflowDatabaseId:workflowId executionId",
         "ExecutionIdGSI": "workflowId executionId"}),
    "RolesStorageTable": ("roleName", {}),
    "UserRolesStorageTable": ("userId roleName", {}),
    "UserStorageTable": ("userId", {}),
    "SubscriptionsStorageTable": ("eventName entityName_entityId", {}),
    "TagStorageTable": ("tagName", {}),
    "TagTypeStorageTable": ("tagTypeName", {}),
    "ApiKeyStorageTable": (
        "apiKeyId", {"apiKeyHashIndex": "apiKeyHash", "userIdIndex": "userId apiKeyId"}),
}

# Old ones that 2.5 still deploys, what each deploy writes anew, and what is under way.
STAYING = {
    "AppFeatureEnabledStorageTable", "AssetVersionsStorageTable", "AssetFileVersionsStorageTable",
    "S3AssetBucketsStorageTable", "AssetLinksStorageTable", "AssetUploadsStorageTable",
    "MetadataStorageTable", "MetadataSchemaStorageTable",
}

BUCKETS = {"assets": "AssetBucket", "auxiliary": "AssetAuxiliaryBucket", "artefacts": "ArtefactsBucket"}


def logical(*path):
    """CDK's name for what stands at a path of construct ids."""
    digest = hashlib.md5("/".join(path).encode()).hexdigest()[:8].upper()
    return re.sub(r"[^A-Za-z0-9]", "", "".join(path)) + digest


def construct(logical_id):
    """The construct's id without its dots, or nothing for a name that CDK did not make."""
    return logical_id[:-8] if re.fullmatch(r"[0-9A-F]{8}", logical_id[-8:]) else None


def table(keys, indexes):
    def schema(text):
        return [{"AttributeName": name, "KeyType": kind}
                for name, kind in zip(text.split(), ("HASH", "RANGE"))]

    names = sorted({name for text in [keys, *indexes.values()] for name in text.split()})
    properties = {
        "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(keys),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    if indexes:
        properties["GlobalSecondaryIndexes"] = [
            {"IndexName": name, "KeySchema": schema(text), "Projection": {"ProjectionType": "ALL"}}
            for name, text in indexes.items()]
    return {
        "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
        "Properties": properties}


def bucket(name, policy, *tags, **properties):
    """A bucket with the tag that CloudFormation gives by itself, and moto does not."""
    stack = {"Key": "aws:cloudformation:stack-id", "Value": {"Ref": "AWS::StackId"}}
    return {
        "Type": "AWS::S3::Bucket", "DeletionPolicy": policy, "UpdateReplacePolicy": policy,
        "Properties": {"BucketName": name, "Tags": [stack, *tags], **properties}}


def storage(names):
    """The nested stack of tables and buckets."""
    resources = {logical(name): table(*shape) for name, shape in TABLES.items()}
    for use, name in BUCKETS.items():
        resources[logical(name)] = bucket(names[use], "Retain")
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def web(names):
    """The nested stack of the web app: its outputs stand nowhere else, with digits behind them."""
    encrypted = {"BucketEncryption": {"ServerSideEncryptionConfiguration": [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}
    resources = {
        logical("WebAppBucket"): bucket(
            names["web"], "Delete", {"Key": "aws-cdk:auto-delete-objects", "Value": "true"},
            **encrypted),
        logical("WebAppAccessLogsBucket"): bucket(names["logs"], "Retain", **encrypted)}
    if names["mode"] == "alb":
        outputs = {"webAppAlbDns": names["balancer"], "webDistributionUrl": names["site"]}
    else:
        outputs = {
            "CloudFrontDistributionId": names["distribution"],
            "CloudFrontDistributionDomainName": f"{names['distribution'].lower()}.cloudfront.net",
            "CloudFrontDistributionUrl": names["site"]}
    return {
        "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources,
        "Outputs": {logical("WebApp", key): {"Value": value} for key, value in outputs.items()}}


def core(names, urls, version):
    """The stack that people know the name of. It says what moto hands on from no nested stack.

    What 2.5.1 of these tests has more than 2.5.0 is here too, and no table of VAMS: moto makes nested
    stacks anew where CloudFormation updates them.
    """
    def nested(name):
        return {
            "Type": "AWS::CloudFormation::Stack", "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete", "Properties": {"TemplateURL": urls[name]}}

    outputs = {
        "WebsiteEndpointURLOutput": names["site"], "WebAppS3BucketNameOutput": names["web"],
        "APIGatewayEndpointOutput": names["api"], "AuthCognitoUserPoolId": names["pool"],
        "AssetS3BucketNameOutput0": names["assets"],
        "AssetAuxiliaryS3BucketNameOutput": names["auxiliary"],
        "ArtefactsS3BucketNameOutput": names["artefacts"]}
    if names["mode"] == "alb":
        outputs["AlbEndpointOutput"] = names["balancer"]
    resources = {
        logical(f"{name}.NestedStack", f"{name}.NestedStackResource"): nested(name)
        for name in ("StorageResourcesBuilder", "StaticWeb")}
    if version != "2.5.0":
        resources[logical("ReportStorageTable")] = table("reportId", {})
    return {
        "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources,
        "Outputs": {key: {"Value": value} for key, value in outputs.items()}}


def text(template):
    return json.dumps(template, indent=1)
