import JSON
import Resources
import Rollouts

/// One line that a plug-in writes, read strictly: what is not understood is a mistake.
///
/// The protocol is described in `docs/plugins.md`.
enum PluginMessage: Sendable {
  case progress(Pace.Reading)
  case note(String)
  case checkpoint(JSONValue)
  case result(JSONValue)
  case failure(Failure)

  static let version = 1
  /// The largest plan or checkpoint, in bytes of compact JSON: the journal is no data store.
  static let stateBytesMax = 32 << 10
  private static let textMax = 2000
  private static let lineMax = 80
  private static let unitMax = 40
  private static let reasonMax = 200

  /// Texts are cut only after `secrets` were struck out: half a one would not be found.
  init(_ line: [UInt8], without secrets: Secrets) throws(PluginMistake) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(reading: line)
    } catch {
      let start = secrets.excerpt(line, atMost: Self.lineMax)
      throw PluginMistake("it wrote a line that is not JSON (\(error.message)): \(start)")
    }
    guard let members = value.members else {
      throw PluginMistake("it wrote \(value.noun) where an object was expected")
    }
    let kinds = members.map(\.name).filter { $0 != "protocol" }
    guard kinds.count == 1, let kind = kinds.first, let body = value[kind] else {
      throw PluginMistake("it wrote an object with the keys \(kinds), of which one was expected")
    }
    switch kind {
    case "progress": self = .progress(Self.reading(body, secrets))
    case "note":
      guard let text = body.string else { throw PluginMistake("its note is \(body.noun)") }
      self = .note(secrets.excerpt(text, atMost: Self.textMax))
    case "checkpoint":
      try Self.checkSize(body, "checkpoint")
      self = .checkpoint(body)
    case "result":
      try Self.checkVersion(value)
      self = .result(body)
    case "failure":
      try Self.checkVersion(value)
      self = .failure(try Self.failure(body, secrets))
    case _: throw PluginMistake("it wrote a message '\(kind)', which protocol 1 does not have")
    }
  }

  private static func checkVersion(_ value: JSONValue) throws(PluginMistake) {
    guard value["protocol"]?.integer == version else {
      let found = value["protocol"]?.text ?? "none"
      throw PluginMistake("it speaks protocol \(found), and this program speaks \(version)")
    }
  }

  static func checkSize(_ value: JSONValue, _ noun: String) throws(PluginMistake) {
    let count = value.compact().count
    guard count <= stateBytesMax else {
      throw PluginMistake("its \(noun) has \(count) bytes; at most \(stateBytesMax) are kept")
    }
  }

  private static func reading(_ body: JSONValue, _ secrets: Secrets) -> Pace.Reading {
    Pace.Reading(
      done: body["done"]?.integer ?? 0, total: body["total"]?.integer,
      bytes: Int64(body["bytes"]?.integer ?? 0),
      bytesTotal: body["bytesTotal"]?.integer.map(Int64.init),
      unit: secrets.excerpt(body["unit"]?.string ?? "", atMost: unitMax),
      waitingFor: body["waitingFor"]?.string.map { secrets.excerpt($0, atMost: reasonMax) })
  }

  private static func failure(
    _ body: JSONValue, _ secrets: Secrets
  ) throws(PluginMistake) -> Failure {
    guard let summary = body["summary"]?.string, !summary.isEmpty else {
      throw PluginMistake("its failure has no summary")
    }
    let text = secrets.excerpt(summary, atMost: textMax)
    let hint = secrets.excerpt(
      body["hint"]?.string ?? "Ask the plug-in's author.", atMost: textMax)
    switch body["kind"]?.string {
    case "transient":
      let seconds = body["retryAfterSeconds"]?.integer.map { Int64(clamping: $0) }
      let bounded = seconds.map { min(max(0, $0), 86_400) * 1000 }
      return Failure(.transient(retryAfterMilliseconds: bounded), text, hint: hint)
    case "permanent": return .permanent(text, hint: hint)
    case "refused": return .refused(text, hint: hint)
    case _:
      throw PluginMistake("its failure is of the kind \(body["kind"]?.text ?? "none")")
    }
  }
}

/// What a plug-in did that the protocol does not allow.
struct PluginMistake: Error, Sendable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
