import JSON
package import Resources
import Synchronization
import Wire

/// A DynamoDB table, `dynamodb://region/table`.
///
/// Items are carried as the bytes that DynamoDB sent: a reply is cut into items, and requests are
/// put together from them, without building values in between. Every read is consistent, so that a
/// copy misses no write that was acknowledged before it began.
package struct DynamoTable: TableStore {
  package let url: ResourceURL
  let name: String
  let client: AWSClient
  /// The key is asked of the service once; a table that is made anew with another key is another.
  private let known = KnownKey()

  package init(_ url: ResourceURL, in session: AWSSession, purpose: String?) throws(Failure) {
    let name = String(url.path.dropFirst())
    guard Self.isName(name) else {
      throw .permanent(
        "\(url) names no table: '\(name)' is not 3 to 255 letters, digits, '_', '-' or '.'",
        hint: "Write dynamodb://region/table.")
    }
    self.url = url
    self.name = name
    client = try session.client(.dynamodb, at: url.regionalPlace, purpose: purpose)
  }

  package var writesConditionsOneByOne: Bool { true }

  package func key(of item: Item) async throws(Failure) -> ItemKey {
    try await keySchema().key(of: item, in: url)
  }

  /// The key's attributes; throws if there is no table.
  func keySchema() async throws(Failure) -> KeySchema {
    if let key = known.key { return key }
    guard let table = try await describe() else {
      throw .permanent("\(url) does not exist", hint: "Check the region, the name and the account.")
    }
    let key = try KeySchema(table, of: url)
    known.key = key
    return key
  }

  func forgetKey() { known.key = nil }

  /// Calls an operation and answers the reply's bytes.
  ///
  /// A write leaves throttling to whoever writes: it comes back as unprocessed at once.
  func call(
    _ operation: String, _ body: [UInt8], leavesThrottling: Bool = false,
    isRepeatable: Bool = true
  ) async throws(AWSFailure) -> [UInt8] {
    guard case .json(let version, let target) = client.service.dialect else {
      preconditionFailure("DynamoDB speaks JSON")
    }
    var call = AWSCall(
      operation,
      headers: [
        "Content-Type": "application/x-amz-json-\(version)",
        "X-Amz-Target": "\(target).\(operation)",
      ], body: body, limits: Self.limits)
    call.leavesThrottling = leavesThrottling
    call.isRepeatable = isRepeatable
    return try await client.send(call).body
  }

  func value(
    _ operation: String, _ input: JSONValue, isRepeatable: Bool = true
  ) async throws(AWSFailure) -> JSONValue {
    let body = try await call(operation, input.compact(), isRepeatable: isRepeatable)
    do throws(JSONError) {
      return try JSONValue(reading: body)
    } catch {
      throw AWSFailure(.malformed("\(error)"), operation: client.name(operation))
    }
  }

  /// A page holds 1 MB as DynamoDB counts, and 100 items for keys 16 MB; as JSON they are more.
  private static let limits = HTTPLimits(
    connecting: .seconds(10), transfer: .seconds(120), stall: .seconds(30),
    bodyBytesMax: 128 << 20)

  /// Source: "Naming rules" in the DynamoDB developer guide.
  private static func isName(_ name: String) -> Bool {
    (3...255).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (97...122).contains(byte | 0x20) && byte < 0x80 || (48...57).contains(byte)
          || [45, 46, 95].contains(byte)
      }
  }
}

/// What was learnt of a table's key, shared by the copies of a store.
private final class KnownKey: Sendable {
  private let state = Mutex<KeySchema?>(nil)

  var key: KeySchema? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

extension Provider {
  /// Tables of DynamoDB.
  package static func dynamodb(in session: AWSSession) -> Provider {
    Provider(
      scheme: "dynamodb", summary: "A DynamoDB table.",
      example: "dynamodb://us-east-1/orders", parameters: Provider.Parameter.credentials,
      open: .table { url, context throws(Failure) in
        try DynamoTable(url, in: session, purpose: context.purpose)
      },
      permissions: { url, use throws(Failure) in DynamoPermissions.list(url, use) },
      specialPermissions: { url, use throws(Failure) in DynamoPermissions.list(url, use) })
  }
}
