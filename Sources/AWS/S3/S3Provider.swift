import Resources

extension Provider {
  /// The provider of `s3://` buckets.
  static func s3(_ session: AWSSession) -> Provider {
    Provider(
      scheme: "s3", summary: "A bucket of Amazon S3, or what is below a folder of one.",
      example: "s3://vams-assets-blue/models?region=us-east-1",
      parameters: [
        .region,
        Provider.Parameter("owner", "The account that the bucket must belong to."),
        Provider.Parameter("encryption", "How new objects are encrypted: AES256 or aws:kms."),
        Provider.Parameter("key", "The key of KMS that encrypts new objects."),
      ] + Provider.Parameter.credentials,
      open: .bucket { (url, context) throws(Failure) in
        S3Bucket(
          S3Client(try S3Location(url), session, purpose: context.purpose), limits: .standard)
      },
      permissions: { (url, use) throws(Failure) in
        S3Permissions(try S3Location(url), session).needed(for: use)
      })
  }
}

/// The rights that uses of a bucket take.
///
/// Source: "Actions, resources, and condition keys for Amazon S3" of the service authorization
/// reference.
struct S3Permissions {
  private let location: S3Location
  private let bucket: String
  private let objects: String

  init(_ location: S3Location, _ session: AWSSession) {
    self.location = location
    let region = (try? session.region(at: location.place)) ?? "us-east-1"
    let partition =
      region.hasPrefix("cn-") ? "aws-cn" : region.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    bucket = "arn:\(partition):s3:::\(location.bucket)"
    objects = "\(bucket)/\(String(decoding: location.prefix, as: UTF8.self))*"
  }

  func needed(for use: ResourceUse) -> [Permission] {
    switch use {
    case .look: on(bucket, ["ListBucket", "GetBucketLocation"])
    case .read:
      on(bucket, ["ListBucket"])
        + on(objects, ["GetObject", "GetObjectTagging", "GetObjectAttributes"])
        + key(["kms:Decrypt"])
    case .write:
      on(bucket, ["ListBucket", "ListBucketMultipartUploads"])
        + on(
          objects,
          [
            "GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging", "DeleteObject",
            "AbortMultipartUpload", "ListMultipartUploadParts",
          ]) + key(["kms:Decrypt", "kms:GenerateDataKey"])
    case .create:
      on(bucket, ["ListBucket", "CreateBucket", "DeleteBucket"] + Self.settings.map { "Put\($0)" })
    case .destroy:
      on(
        bucket,
        ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads", "DeleteBucket"]
          + Self.settings.map { "Get\($0)" })
        + on(objects, ["DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload"])
    }
  }

  /// What is read before a bucket is deleted, and put back when it is made again.
  private static let settings = [
    "BucketVersioning", "EncryptionConfiguration", "BucketPolicy", "BucketPublicAccessBlock",
    "BucketOwnershipControls", "BucketLogging", "BucketTagging", "BucketCORS", "BucketWebsite",
    "LifecycleConfiguration", "BucketNotification", "ReplicationConfiguration",
  ]

  private func on(_ resource: String, _ actions: [String]) -> [Permission] {
    actions.map { Permission("s3:\($0)", on: resource, profile: location.place.profile) }
  }

  private func key(_ actions: [String]) -> [Permission] {
    guard let key = location.encryption?.key else { return [] }
    // Rights go by the key's own name; one that is called by its alias has to be looked up.
    let resource = key.hasPrefix("arn:") && key.contains(":key/") ? key : "*"
    return actions.map { Permission($0, on: resource, profile: location.place.profile) }
  }
}
