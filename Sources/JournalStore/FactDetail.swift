internal import JSON
internal import Resources
internal import Rollouts

/// The parts of a fact's JSON text, read in one pass without a tree.
///
/// A hundred thousand facts are read for one `cutover status`, so only what is rare (reports,
/// ledgers) goes through `Codable`. Members that this version does not know are passed over.
struct FactDetail {
  private(set) var by: Person?
  private(set) var plan: String?
  private(set) var changes: [String]?
  private(set) var report: StepReport?
  private(set) var verification: Verification?
  private(set) var phase: Phase?
  private(set) var attempt: Int?
  private(set) var failure: Failure?
  private(set) var retryAt: Timestamp?
  private(set) var driver: String?
  private(set) var takenFrom: String?
  private(set) var text: String?
  private(set) var unitsPerSecond: Int?

  /// Reads the text; nil when it is not JSON or a part has another shape.
  init?(reading bytes: Span<UInt8>) {
    var scanner = JSONScanner()
    do {
      try scanner.enterObject(in: bytes)
      while let name = try scanner.nextMember(in: bytes) {
        try read(name, &scanner, bytes)
      }
      try scanner.finish(in: bytes)
    } catch { return nil }
  }

  /// A part that is JSON, but not of the shape that was written.
  private struct Misshapen: Error {}

  private mutating func read(
    _ name: JSONSlice, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws {
    if name.equals("text", in: bytes) {
      text = try Self.string(&scanner, bytes)
    } else if name.equals("by", in: bytes) {
      by = try Self.person(&scanner, bytes)
    } else if name.equals("phase", in: bytes) {
      phase = Phase(rawValue: try Self.string(&scanner, bytes))
    } else if name.equals("attempt", in: bytes) {
      attempt = Int(try Self.integer(&scanner, bytes))
    } else if name.equals("failure", in: bytes) {
      failure = try Self.failure(&scanner, bytes)
    } else if name.equals("retryAt", in: bytes) {
      retryAt = try TimeText.moment(try Self.string(&scanner, bytes))
    } else if name.equals("plan", in: bytes) {
      plan = try Self.string(&scanner, bytes)
    } else if name.equals("changes", in: bytes) {
      var list: [String] = []
      try scanner.enterArray(in: bytes)
      while try scanner.nextElement(in: bytes) { list.append(try Self.string(&scanner, bytes)) }
      changes = list
    } else if name.equals("report", in: bytes) {
      report = try Self.value(&scanner, bytes).decode()
    } else if name.equals("verification", in: bytes) {
      verification = try Self.verification(&scanner, bytes)
    } else if name.equals("driver", in: bytes) {
      driver = try Self.string(&scanner, bytes)
    } else if name.equals("unitsPerSecond", in: bytes) {
      unitsPerSecond = Int(try Self.integer(&scanner, bytes))
    } else if name.equals("takenFrom", in: bytes) {
      takenFrom = try Self.string(&scanner, bytes)
    } else {
      _ = try scanner.skipValue(in: bytes)
    }
  }

  private static func string(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> String {
    guard let text = try scanner.string(in: bytes).text(in: bytes) else { throw Misshapen() }
    return text
  }

  private static func integer(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> Int64 {
    let range = try scanner.skipValue(in: bytes)
    let text = String(decoding: bytes.copy(range), as: UTF8.self)
    guard let number = Int64(text) else { throw Misshapen() }
    return number
  }

  private static func value(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> JSONValue {
    let range = try scanner.skipValue(in: bytes)
    return try JSONValue(reading: bytes.copy(range))
  }

  private static func person(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> Person {
    var name: String?
    var role: String?
    var reason: String?
    try scanner.enterObject(in: bytes)
    while let member = try scanner.nextMember(in: bytes) {
      if member.equals("name", in: bytes) {
        name = try string(&scanner, bytes)
      } else if member.equals("role", in: bytes) {
        role = try string(&scanner, bytes)
      } else if member.equals("reason", in: bytes) {
        reason = try string(&scanner, bytes)
      } else {
        _ = try scanner.skipValue(in: bytes)
      }
    }
    guard let name, let reason else { throw Misshapen() }
    return Person(name: name, role: role, reason: reason)
  }

  private static func failure(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> Failure {
    var word: String?
    var summary: String?
    var hint: String?
    var milliseconds: Int64?
    try scanner.enterObject(in: bytes)
    while let member = try scanner.nextMember(in: bytes) {
      if member.equals("kind", in: bytes) {
        word = try string(&scanner, bytes)
      } else if member.equals("summary", in: bytes) {
        summary = try string(&scanner, bytes)
      } else if member.equals("hint", in: bytes) {
        hint = try string(&scanner, bytes)
      } else if member.equals("retryAfterMilliseconds", in: bytes) {
        milliseconds = try integer(&scanner, bytes)
      } else {
        _ = try scanner.skipValue(in: bytes)
      }
    }
    guard let word, let summary, let hint else { throw Misshapen() }
    switch word {
    case "transient":
      return Failure(.transient(retryAfterMilliseconds: milliseconds), summary, hint: hint)
    case "permanent": return .permanent(summary, hint: hint)
    case "refused": return .refused(summary, hint: hint)
    case "cancelled": return Failure(.cancelled, summary, hint: hint)
    default: throw Misshapen()
    }
  }

  private static func verification(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> Verification {
    var word: String?
    var detail: String?
    var ledgers: [Ledger] = []
    try scanner.enterObject(in: bytes)
    while let member = try scanner.nextMember(in: bytes) {
      if member.equals("verdict", in: bytes) {
        word = try string(&scanner, bytes)
      } else if member.equals("detail", in: bytes) {
        detail = try string(&scanner, bytes)
      } else if member.equals("ledgers", in: bytes) {
        ledgers = try value(&scanner, bytes).decode()
      } else {
        _ = try scanner.skipValue(in: bytes)
      }
    }
    guard let word, let detail, let verdict = Verdict(word: word, detail: detail) else {
      throw Misshapen()
    }
    return Verification(verdict, ledgers: ledgers)
  }
}
