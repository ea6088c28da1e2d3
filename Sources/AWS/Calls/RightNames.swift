package import Resources

/// What access control calls an operation; mostly service and operation as they are.
///
/// Source: the Service Authorization Reference of AWS.
struct RightNames {
  /// Services that access control calls otherwise than signatures do.
  private static let prefixes = [
    "monitoring": "cloudwatch", "tagging": "tag", "iotdata": "iot",
  ]

  /// S3 grants by its own names; what stands here not is granted by the operation's name.
  private static let bucketRights: [String: [String]] = [
    "HeadObject": ["s3:GetObject"], "HeadBucket": ["s3:ListBucket"],
    "ListObjects": ["s3:ListBucket"], "ListObjectsV2": ["s3:ListBucket"],
    "ListBuckets": ["s3:ListAllMyBuckets"], "ListObjectVersions": ["s3:ListBucketVersions"],
    "ListMultipartUploads": ["s3:ListBucketMultipartUploads"],
    "ListParts": ["s3:ListMultipartUploadParts"], "DeleteObjects": ["s3:DeleteObject"],
    "CopyObject": ["s3:GetObject", "s3:PutObject"], "UploadPart": ["s3:PutObject"],
    "UploadPartCopy": ["s3:GetObject", "s3:PutObject"],
    "CreateMultipartUpload": ["s3:PutObject"], "CompleteMultipartUpload": ["s3:PutObject"],
    "GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "GetBucketReplication": ["s3:GetReplicationConfiguration"],
    "PutBucketReplication": ["s3:PutReplicationConfiguration"],
    "DeleteBucketReplication": ["s3:PutReplicationConfiguration"],
    "GetBucketCors": ["s3:GetBucketCORS"], "PutBucketCors": ["s3:PutBucketCORS"],
    "DeleteBucketCors": ["s3:PutBucketCORS"],
    "GetBucketNotificationConfiguration": ["s3:GetBucketNotification"],
    "PutBucketNotificationConfiguration": ["s3:PutBucketNotification"],
    "DeleteBucketTagging": ["s3:PutBucketTagging"],
    "GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
  ]

  /// The actions that a call of the operation needs, such as `lambda:InvokeFunction`.
  static func actions(for use: CloudUse) throws(Failure) -> [String] {
    let service = try KnownService(named: use.service).service
    switch (service.signingName, use.operation) {
    case ("s3", let operation):
      return bucketRights[operation] ?? ["s3:\(operation)"]
    case ("lambda", "Invoke"), ("lambda", "InvokeAsync"), ("lambda", "InvokeWithResponseStream"):
      return ["lambda:InvokeFunction"]
    case ("apigateway", _):
      // API Gateway grants by the methods of HTTP.
      return ["apigateway:\((use.method ?? "*").uppercased())"]
    case ("sts", "GetCallerIdentity"): return []
    case (let name, let operation):
      return ["\(prefixes[name] ?? name):\(operation)"]
    }
  }
}

extension AWSCloud {
  package func permissions(for use: CloudUse) throws(Failure) -> [Permission] {
    let resource = inPartition(use.resource, at: use.place)
    return try RightNames.actions(for: use).map {
      Permission($0, on: resource, profile: use.place.profile)
    }
  }

  /// A name that somebody wrote for the public partition, in the one that the call goes to.
  private func inPartition(_ name: String, at place: CloudPlace) -> String {
    let standard = "arn:\(CloudPartition.standard.rawValue):"
    guard name.hasPrefix(standard) else { return name }
    return "arn:\(session.partition(at: place).rawValue):\(name.dropFirst(standard.count))"
  }
}
