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
        try S3Permissions(url, session).needed(for: use)
      },
      specialPermissions: { (url, use) throws(Failure) in
        try S3Permissions(url, session).needed(for: use)
      })
  }
}

/// The rights that uses of a bucket take.
///
/// Source: "Actions, resources, and condition keys for Amazon S3" of the service authorization
/// reference.
struct S3Permissions {
  private let profile: String?
  private let encryption: S3Encryption?
  private let bucket: String
  private let objects: String
  private let folder: Substring

  /// Takes any name with a `*` in it too, which stands for what is not known yet.
  init(_ url: ResourceURL, _ session: AWSSession) throws(Failure) {
    profile = url.parameter("profile")
    encryption = try S3Encryption(url)
    let partition = session.partition(at: url.namedPlace).rawValue
    let name = url.authority.contains("*") ? url.authority : try S3Location(url).bucket
    bucket = "arn:\(partition):s3:::\(name)"
    folder = url.path.drop { $0 == "/" }
    objects = "\(bucket)/\(folder)\(folder.isEmpty || folder.hasSuffix("/") ? "" : "/")*"
  }

  func needed(for use: ResourceUse) -> [Permission] {
    switch use {
    case .look: on(bucket, ["ListBucket"])
    case .read:
      on(bucket, ["ListBucket"])
        + on(objects, ["GetObject", "GetObjectTagging"])
        + key(["kms:Decrypt"])
    case .write:
      on(bucket, ["ListBucket", "ListBucketMultipartUploads"])
        + on(
          objects,
          [
            "GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging", "DeleteObject",
            "AbortMultipartUpload",
          ]) + key(["kms:Decrypt", "kms:GenerateDataKey"])
    case .create: on(bucket, ["ListBucket", "CreateBucket", "DeleteBucket"])
    case .destroy: needed(for: .clear) + on(bucket, ["DeleteBucket"])
    }
  }

  func needed(for use: SpecialUse) -> [Permission] {
    switch use {
    case .foresee: []
    case .survey:
      on(bucket, ["ListBucket", "ListBucketVersions"] + Self.settings.map { "Get\($0)" })
        + on(objects, ["GetObjectRetention", "GetObjectLegalHold"])
    case .clear:
      on(bucket, ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"])
        + on(objects, ["DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload"])
    case .remake:
      on(bucket, ["ListBucket", "CreateBucket"] + Self.settings.map { "Put\($0)" })
    case .deposit: on(objects, ["GetObject", "PutObject"]) + key(["kms:GenerateDataKey"])
    case .takeExport:
      on(objects, ["PutObject", "PutObjectAcl", "AbortMultipartUpload"])
        + key(["kms:Decrypt", "kms:GenerateDataKey"])
    case .backUp, .restore, .export: []
    case .fetch: on("\(bucket)/\(folder)", ["GetObject"])
    case .lookBack: on(bucket, ["ListBucketVersions", "GetBucketVersioning"])
    case .readHistory: on(objects, ["GetObjectVersion", "GetObjectVersionTagging"])
    case .writeHistory:
      on(bucket, ["PutBucketVersioning"])
        + on(objects, ["GetObjectVersion", "GetObjectVersionTagging", "DeleteObjectVersion"])
    case .regard:
      on(bucket, ["GetBucketObjectLockConfiguration", "GetBucketOwnershipControls"])
    case .readLocks: on(objects, ["GetObjectRetention", "GetObjectLegalHold"])
    case .writeLocks:
      on(bucket, ["PutBucketObjectLockConfiguration", "PutBucketVersioning"])
        + on(objects, ["PutObjectRetention", "PutObjectLegalHold"])
    case .readLists:
      on(bucket, ["GetBucketAcl"]) + on(objects, ["GetObjectAcl", "GetObjectVersionAcl"])
    case .writeLists: on(objects, ["PutObjectAcl"])
    }
  }

  /// What is read before a bucket is deleted, and put back when it is made again.
  private static let settings = [
    "BucketVersioning", "BucketObjectLockConfiguration", "EncryptionConfiguration", "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketOwnershipControls", "BucketLogging", "BucketTagging", "BucketCORS", "BucketWebsite",
    "LifecycleConfiguration", "BucketNotification", "ReplicationConfiguration",
  ]

  private func on(_ resource: String, _ actions: [String]) -> [Permission] {
    actions.map { Permission("s3:\($0)", on: resource, profile: profile) }
  }

  private func key(_ actions: [String]) -> [Permission] {
    guard let key = encryption?.key else { return [] }
    // Rights go by the key's own name; one that is called by its alias has to be looked up.
    let resource = key.hasPrefix("arn:") && key.contains(":key/") ? key : "*"
    return actions.map { Permission($0, on: resource, profile: profile) }
  }
}
