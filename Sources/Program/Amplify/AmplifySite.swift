internal import JSON
internal import Resources
internal import Rollouts

/// A backend with the table that records its migrations and the bucket of its exports.
struct AmplifySite: Sendable {
  let backend: AmplifyBackend
  let context: Context
  let place: CloudPlace
  let tableURL: ResourceURL
  /// The bucket that a person named.
  let ownBucket: String?

  static func url(table: String, at place: CloudPlace) throws -> ResourceURL {
    try ResourceURL(
      "dynamodb://\(place.region ?? "")/\(table)" + query([("profile", place.profile)]))
  }

  static func url(bucket: String, at place: CloudPlace) throws -> ResourceURL {
    try ResourceURL(
      "s3://\(bucket)" + query([("region", place.region), ("profile", place.profile)]))
  }

  /// What stands behind a URL for those values that there are.
  static func query(_ items: [(name: String, value: String?)]) -> String {
    let given = items.compactMap { item in item.value.map { "\(item.name)=\($0)" } }
    return given.isEmpty ? "" : "?" + given.joined(separator: "&")
  }

  func table() throws -> any TableStore {
    try context.wiring.resources.table(tableURL, in: context.wiring.outside.context)
  }

  func bucket(_ name: String) throws -> any BucketStore {
    try context.wiring.resources.bucket(
      try Self.url(bucket: name, at: place), in: context.wiring.outside.context)
  }

  // MARK: Whose table it is

  /// An item of the table that the old tool never looks at.
  private static let action = "backend"

  /// What the table says about the backend that it belongs to.
  struct Owner: Sendable, Equatable {
    var backend: AmplifyBackend
    var bucket: String
  }

  func item(of owner: Owner) throws -> Item {
    let value: JSONValue = [
      "action": ["S": .string(Self.action)], "bucket": ["S": .string(owner.bucket)],
      "kind": ["S": .string(owner.backend.kind.rawValue)],
      "name": ["S": .string(owner.backend.name)],
      "namespace": ["S": .string(owner.backend.namespace)], "timestamp": ["N": "0"],
    ]
    return Item(bytes: try ItemForm.canonical(value.compact()), isCanonical: true)
  }

  /// Nil in a table that the old tool has made.
  func owner() async throws -> Owner? {
    let key: JSONValue = ["action": ["S": .string(Self.action)], "timestamp": ["N": "0"]]
    let found = try await table().items(for: [ItemKey(bytes: key.compact())])
    guard let item = found.first ?? nil else { return nil }
    let value = try JSONValue(reading: item.bytes)
    guard let kind = value["kind"]?["S"]?.string.flatMap(AmplifyBackend.Kind.init(rawValue:)),
      let namespace = value["namespace"]?["S"]?.string, let name = value["name"]?["S"]?.string,
      let bucket = value["bucket"]?["S"]?.string
    else {
      throw Refusal(
        .badInput, "\(tableURL) holds an item '\(Self.action)' that cannot be read",
        hint: "Is it the right table?")
    }
    return Owner(
      backend: AmplifyBackend(kind: kind, namespace: namespace, name: name), bucket: bucket)
  }

  /// The bucket of exports; throws if the table is missing or belongs to another backend.
  func bucketName() async throws -> String {
    guard try await table().description() != nil else {
      throw Refusal(
        .badInput, "\(backend.title) has no table of migrations yet (\(tableURL))",
        hint: "Make it with 'cutover amplify init', or name it with --table.")
    }
    let owner = try await owner()
    try check(owner)
    return ownBucket ?? owner?.bucket ?? backend.names.bucket
  }

  func check(_ owner: Owner?) throws {
    guard let owner, owner.backend != backend else { return }
    throw Refusal(
      .badInput, "\(tableURL) belongs to \(owner.backend.title), not to \(backend.title)",
      hint: "Nothing was changed. Name another table with --table.")
  }

  // MARK: Calls

  /// One call that only looks; nil for an error code that says that there is no such thing.
  func ask(
    _ service: String, _ operation: String, at place: CloudPlace? = nil,
    _ input: JSONValue? = nil, path: String? = nil, absent: String
  ) async throws -> JSONValue? {
    let call = CloudCall(
      service: service, operation: operation, place: place ?? self.place,
      input: input?.compact() ?? [], route: path.map { ("GET", $0) })
    do throws(CloudFailure) {
      let reply = try await context.wiring.cloud.call(call, in: context.wiring.outside.context)
      return try? JSONValue(reading: reply.body)
    } catch {
      if case .service(let code, _) = error, code == absent { return nil }
      throw error.failure
    }
  }
}
