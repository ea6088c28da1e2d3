import Foundation
import Resources

/// One of AWS's configuration files, read into sections; every value knows its line.
///
/// Source: "Format of the configuration and credential files" of the AWS SDKs and tools reference.
/// A comment takes a whole line; an indented line belongs to the key above it.
struct ConfigurationFile: Sendable {
  struct Value: Sendable {
    var text: String
    /// `file:line`, for messages.
    var place: String
    /// The indented `key = value` lines below a key without a value of its own.
    var nested: [String: Value] = [:]
    /// Whether it stands in the file that is for credentials only.
    var isFromCredentialsFile = false
  }

  typealias Section = [String: Value]

  /// Larger files are no configuration.
  private static let bytesMax = 4 << 20

  /// By the words of their headers: `default`, `profile x`, `sso-session y`.
  private(set) var sections: [String: Section] = [:]

  /// A file that is not there is an empty one; one that cannot be read is an error.
  static func read(_ path: String) throws(Failure) -> ConfigurationFile {
    guard FileManager.default.fileExists(atPath: path) else { return ConfigurationFile() }
    // Not as a plain file only: many name /dev/null here.
    let handle = FileHandle(forReadingAtPath: path)
    guard let handle, let read = try? handle.read(upToCount: bytesMax + 1) ?? Data() else {
      throw .permanent(
        "the AWS configuration file \(path) cannot be read",
        hint: "Give yourself the right to read it, or name another one.")
    }
    guard read.count <= bytesMax, let text = String(validating: read, as: UTF8.self) else {
      throw .permanent(
        "\(path) is no AWS configuration file: it is not text of a sensible size",
        hint: "Mend it, or name another one.")
    }
    return try ConfigurationFile(parsing: text, path)
  }

  private init() {}

  init(parsing text: String, _ path: String) throws(Failure) {
    var header: String?
    var key: String?
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, raw) in lines.enumerated() {
      let place = "\(path):\(index + 1)"
      let line = raw.hasPrefix("\u{feff}") ? raw.dropFirst() : raw
      let content = Self.trimmed(line)
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if content.hasPrefix("[") {
        header = try Self.header(content, place)
        key = nil
        sections[header ?? "", default: [:]].merge([:]) { $1 }
      } else if let header, line.first == " " || line.first == "\t", let key {
        continueValue(of: key, in: header, content, place)
      } else {
        let pair = try Self.pair(content, place)
        guard let header else {
          throw Self.broken(place, "the key '\(pair.key)' stands before any [section]")
        }
        sections[header]?[pair.key] = Value(text: pair.value, place: place)
        key = pair.key
      }
    }
  }

  private mutating func continueValue(
    of key: String, in header: String, _ content: Substring, _ place: String
  ) {
    guard var value = sections[header]?[key] else { return }
    if value.text.isEmpty, let pair = try? Self.pair(content, place) {
      value.nested[pair.key] = Value(text: pair.value, place: place)
    } else {
      value.text += value.text.isEmpty ? String(content) : "\n\(content)"
    }
    sections[header]?[key] = value
  }

  /// `[profile "with space"]` as `profile with space`.
  private static func header(_ line: Substring, _ place: String) throws(Failure) -> String {
    guard let end = line.lastIndex(of: "]") else { throw broken(place, "']' is missing") }
    let inside = line[line.index(after: line.startIndex)..<end]
    let words = inside.split { $0 == " " || $0 == "\t" }
    guard !words.isEmpty else { throw broken(place, "the section has no name") }
    return words.joined(separator: " ").filter { $0 != "\"" && $0 != "'" }
  }

  private static func pair(
    _ line: Substring, _ place: String
  ) throws(Failure) -> (key: String, value: String) {
    // The text of the line stays out of the message: it may be a secret.
    guard let mark = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
      throw broken(place, "it is neither a [section] nor 'key = value'")
    }
    let key = trimmed(line[..<mark]).lowercased()
    guard !key.isEmpty else { throw broken(place, "the key before '=' is missing") }
    return (key, String(trimmed(line[line.index(after: mark)...])))
  }

  private static func broken(_ place: String, _ why: String) -> Failure {
    .permanent("the AWS configuration is broken at \(place): \(why)", hint: "Mend that line.")
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    let end = start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
    return end.map { start[...$0] } ?? start.prefix(0)
  }
}
