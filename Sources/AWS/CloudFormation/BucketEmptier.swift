internal import Resources
internal import Wire

/// Deletes everything in a bucket that a stack owns, old versions and delete markers included.
struct BucketEmptier: Sendable {
  /// Pages after another in which nothing could be deleted.
  private static let idlePagesMax = 5

  private let name: String
  private let bucket: S3Bucket

  /// The bucket is reached with the stack's region and credentials.
  init(_ name: String, of api: CloudFormationAPI, context: ProviderContext) throws(Failure) {
    var items = ["region=\(PercentEncoding.escape(api.client.region))"]
    for key in ["profile", "role"] {
      if let value = api.url.parameter(key) {
        items.append("\(key)=\(PercentEncoding.escape(value))")
      }
    }
    let url = try ResourceURL("s3://\(name)?\(items.joined(separator: "&"))")
    self.name = name
    bucket = S3Bucket(
      S3Client(try S3Location(url), api.client.session, purpose: context.purpose),
      limits: .standard)
  }

  /// Returns how many were deleted; nothing there is success, and so is no bucket.
  func empty(_ watch: StackWatch) async throws(Failure) -> Int {
    var count = 0
    var idlePages = 0
    while idlePages < Self.idlePagesMax {
      try watch.checkStop()
      let page = try await bucket.emptyPage()
      count += page.deleted
      if page.isEmpty { return count }
      idlePages = page.deleted == 0 ? idlePages + 1 : 0
      watch.show("emptying \(name): \(count) object versions deleted")
    }
    throw .transient(
      "bucket \(name) does not become empty: \(count) object versions were deleted",
      hint: "Look what holds the rest, such as an object lock, then retry.")
  }
}
