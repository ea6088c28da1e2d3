import JSON
import Resources
import Subprocesses

/// Reads a step's outputs from what its program wrote.
enum CommandOutputs: String, Codable, Sendable, CaseIterable {
  /// One JSON object, whose texts, numbers and truth values are the outputs.
  case json
  /// Lines such as `name=value`; others are passed over.
  case lines

  private static let countMax = 1000

  func read(_ capture: Capture, of program: String) throws(Failure) -> [String: String] {
    guard let bytes = capture.complete else {
      throw bad(program, "it wrote more than is kept (\(capture.droppedCount) bytes too many)")
    }
    let outputs =
      switch self {
      case .json: try json(bytes, program)
      case .lines: lines(bytes)
      }
    guard outputs.count <= Self.countMax else {
      throw bad(program, "more than \(Self.countMax) outputs")
    }
    return outputs
  }

  private func json(_ bytes: [UInt8], _ program: String) throws(Failure) -> [String: String] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(reading: bytes)
    } catch {
      throw bad(program, "\(error)")
    }
    guard let members = value.members else { throw bad(program, "found \(value.noun)") }
    var outputs: [String: String] = [:]
    for member in members { outputs[member.name] = Self.text(member.value) }
    return outputs
  }

  /// A scalar as the text that references to it give; anything else as compact JSON.
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null: ""
    case .array, .object: value.text
    }
  }

  private func lines(_ bytes: [UInt8]) -> [String: String] {
    var outputs: [String: String] = [:]
    for line in bytes.split(separator: 10) {
      guard let equals = line.firstIndex(of: 61), equals > line.startIndex else { continue }
      let name = String(decoding: line[..<equals], as: UTF8.self).trimmed
      var value = line[(equals + 1)...]
      if value.last == 13 { value.removeLast() }
      outputs[name] = String(decoding: value, as: UTF8.self)
    }
    return outputs
  }

  private func bad(_ program: String, _ why: String) -> Failure {
    .permanent(
      "the output of \(program) cannot be read as \(rawValue): \(why)",
      hint: self == .json
        ? "It must write one JSON object to standard output, and nothing else."
        : "It must write lines such as name=value to standard output.")
  }
}
