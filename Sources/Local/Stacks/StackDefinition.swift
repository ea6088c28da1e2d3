import Digests
import JSON

/// What a template asks for, with every reference resolved.
struct StackDefinition: Sendable {
  var parameters: [StackParameter]
  /// In the order in which they are started.
  var services: [ServiceDefinition]
  /// Variables of each service that hold a secret; they live in memory only.
  var secretEnvironments: [String: [String: String]]
  var outputs: [String: String]
}

/// A parameter's value as far as it may be written down.
struct StackParameter: Codable, Sendable {
  var name: String
  /// Nil for a secret.
  var value: String?
  /// A salted digest of a secret, by which a new one is told from the former.
  var secretDigest: String?

  func isSame(as other: StackParameter) -> Bool {
    (value == nil) == (other.value == nil) && (value ?? "").hasSameBytes(as: other.value ?? "")
      && secretDigest == other.secretDigest
  }
}

/// One service of a stack.
struct ServiceDefinition: Codable, Sendable {
  var name: String
  var command: [String]
  /// The variables that hold no secret.
  var environment: [String: String]
  /// A salted digest of the variables that do; nil when there are none.
  var secretDigest: String?
  /// Where it runs: absolute, inside the instance unless the template says otherwise.
  var folder: String
  /// All on the loopback address; the first is the one that the health check asks.
  var ports: [UInt16]
  var health: HealthCheck
  var startWithinMilliseconds: Int64
  var stopWithinMilliseconds: Int64

  var startWithin: Duration { .milliseconds(startWithinMilliseconds) }
  var stopWithin: Duration { .milliseconds(stopWithinMilliseconds) }

  /// What a running process was started from: another digest means that it must be replaced.
  ///
  /// How long to wait for it and how its health is asked play no part.
  func digest(files: String) throws(JSONMismatch) -> String {
    var essence = self
    essence.health = .listening
    essence.startWithinMilliseconds = 0
    essence.stopWithinMilliseconds = 0
    let bytes = try JSONValue(encoding: essence).compact(sortedKeys: true)
    return String(Digest.hex(Digest.sha256(bytes + Array(files.utf8))).prefix(Self.digestLength))
  }

  private static let digestLength = 32
}

/// How to tell that a service works.
enum HealthCheck: Codable, Equatable, Sendable {
  /// All its ports are listened on.
  case listening
  /// Besides, a GET on the first port gives this status within the limit.
  case http(path: String, status: Int, limitMilliseconds: Int64)
  /// Besides, a command, run in the service's folder with its variables that hold no secret, exits
  /// with 0 within the limit.
  case command([String], limitMilliseconds: Int64)
}
