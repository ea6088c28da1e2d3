import Synchronization

/// Resolves `${secret:env:NAME}`, `${secret:file:path}` and what clouds keep, at the moment of use.
///
/// What it gives out it also remembers, so that ``redact(_:)`` can strike it from any text on its
/// way to the journal, a log or a screen. Secrets are never stored.
package final class Secrets: Sendable {
  /// Looks a secret up by its source (`env`, `file`, `ssm` …) and name; nil when there is none.
  package typealias Source =
    @Sendable (_ kind: String, _ name: String) async throws(Failure) -> String?

  /// All forms of what was given out, by their first byte, the longest first.
  private struct Known {
    var forms: Set<[UInt8]> = []
    var byFirst: [[[UInt8]]] = []
    var longest = 0

    mutating func add(_ more: Set<[UInt8]>) {
      guard !more.isSubset(of: forms) else { return }
      forms.formUnion(more)
      byFirst = Array(repeating: [], count: 256)
      for form in forms { byFirst[Int(form[0])].append(form) }
      for index in byFirst.indices { byFirst[index].sort { $0.count > $1.count } }
      longest = forms.map(\.count).max() ?? 0
    }
  }

  private static let mark = Array("[secret]".utf8)

  private let source: Source
  private let revealed = Mutex(Known())

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

  /// The text with every secret given out so far struck out, in all forms of ``SecretForms``.
  ///
  /// Compares bytes: what stands beside a secret must not hide it.
  package func redact(_ text: String) -> String {
    let known = revealed.withLock { $0 }
    guard known.longest > 0 else { return text }
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    var kept = 0
    // Where the secrets that begin before the current byte end.
    var end = 0
    for index in bytes.indices {
      let match = known.byFirst[Int(bytes[index])].first {
        $0.count <= bytes.count - index && bytes[index..<index + $0.count].elementsEqual($0)
      }
      guard let match else { continue }
      if index >= end {
        output += bytes[kept..<index] + Self.mark
      }
      end = max(end, index + match.count)
      kept = end
    }
    return kept == 0 ? text : String(decoding: output + bytes[kept...], as: UTF8.self)
  }

  /// The beginning of what may be long, without secrets: half a one would not be found.
  package func excerpt(_ bytes: some Sequence<UInt8>, atMost count: Int) -> String {
    let longest = revealed.withLock { $0.longest }
    let text = String(decoding: Array(bytes.prefix(count * 4 + longest)), as: UTF8.self)
    return String(redact(text).prefix(count))
  }

  package func excerpt(_ text: String, atMost count: Int) -> String {
    excerpt(text.utf8, atMost: count)
  }

  private func value(_ reference: String) async throws(Failure) -> String {
    let parts = reference.split(separator: ":", maxSplits: 1)
    let name = parts.count == 2 ? String(parts[1]) : ""
    guard parts.count == 2, let value = try await source(String(parts[0]), name) else {
      throw .permanent(
        "the secret ${secret:\(reference)} is not set",
        hint: "Set it for this process and carry on with 'cutover resume'.")
    }
    let forms = SecretForms.all(of: value)
    revealed.withLock { $0.add(forms) }
    return value
  }
}
