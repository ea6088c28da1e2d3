import Synchronization

/// Resolves `${secret:env:NAME}`, `${secret:file:path}` and what clouds keep, at the moment of use.
///
/// What it gives out it also remembers, so that ``redact(_:)`` can strike it from any text on its
/// way to the journal, a log or a screen. Secrets are never stored.
package final class Secrets: Sendable {
  /// Looks a secret up by its source (`env`, `file`, `ssm` …) and name; nil when there is none.
  package typealias Source =
    @Sendable (_ kind: String, _ name: String) async throws(Failure) -> String?

  /// Shorter values would strike out ordinary words.
  private static let redactedLengthMin = 4

  private let source: Source
  private let revealed = Mutex<Set<String>>([])

  package init(source: @escaping Source) { self.source = source }

  /// The text with every secret reference replaced by its value.
  package func reveal(_ text: String) async throws(Failure) -> String {
    guard text.contains("${secret:") else { return text }
    var output = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${secret:") {
      output += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}") else {
        throw .permanent(
          "a secret reference is not closed", hint: "Write ${secret:env:NAME}.")
      }
      output += try await value(String(rest[..<end]))
      rest = rest[rest.index(after: end)...]
    }
    return output + rest
  }

  /// The text with every secret given out so far struck out.
  package func redact(_ text: String) -> String {
    var text = text
    let known = revealed.withLock { $0 }
    for secret in known.sorted(by: { $0.utf8.count > $1.utf8.count }) where text.contains(secret) {
      text = text.split(separator: secret, omittingEmptySubsequences: false)
        .joined(separator: "[secret]")
    }
    return text
  }

  private func value(_ reference: String) async throws(Failure) -> String {
    let parts = reference.split(separator: ":", maxSplits: 1)
    let name = parts.count == 2 ? String(parts[1]) : ""
    guard parts.count == 2, let value = try await source(String(parts[0]), name) else {
      throw .permanent(
        "the secret ${secret:\(reference)} is not set",
        hint: "Set it for this process and carry on with 'cutover resume'.")
    }
    if value.utf8.count >= Self.redactedLengthMin { revealed.withLock { _ = $0.insert(value) } }
    return value
  }
}
