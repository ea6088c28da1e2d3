internal import Resources
internal import Rollouts

/// Reads the facts that come in great numbers, in exactly the form in which they are written.
///
/// `cutover status` folds every fact of a rollout, so the frequent ones are matched byte for byte;
/// whatever does not match (an escape, another order) is left to `FactDetail`, which reads any JSON.
struct FactTemplate {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.assumingMemoryBound(to: UInt8.self) }

  /// The fact, or nil when it is to be read in the general way.
  static func fact(
    _ kind: UnsafeRawBufferPointer, _ step: String?, _ detail: UnsafeRawBufferPointer
  ) -> Fact? {
    var template = FactTemplate(detail)
    if equal(kind, "noted") {
      return template.text().map { .noted(step: step, text: $0) }
    }
    if equal(kind, "paused") { return template.person().map { .paused(by: $0) } }
    if equal(kind, "resumed") { return template.person().map { .resumed(by: $0) } }
    guard let step else { return nil }
    if equal(kind, "retry-due") { return template.isEmptyObject ? .retryDue(step: step) : nil }
    if equal(kind, "failed") { return template.failed(step) }
    if equal(kind, "retried") { return template.person().map { .retried(step: step, by: $0) } }
    return nil
  }

  private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
    return true
  }

  private var isEmptyObject: Bool { bytes.count == 2 && bytes[0] == 0x7b && bytes[1] == 0x7d }

  private var isAtEnd: Bool { offset == bytes.count }

  private mutating func text() -> String? {
    guard take("{\"text\":"), let text = string(), take("}"), isAtEnd else { return nil }
    return text
  }

  private mutating func person() -> Person? {
    guard take("{\"by\":{\"name\":"), let name = string(), take(",\"reason\":"),
      let reason = string()
    else { return nil }
    var role: String?
    if take(",\"role\":") {
      role = string()
      guard role != nil else { return nil }
    }
    guard take("}}"), isAtEnd else { return nil }
    return Person(name: name, role: role, reason: reason)
  }

  private mutating func failed(_ step: String) -> Fact? {
    guard take("{\"attempt\":"), let attempt = integer(), take(",\"failure\":{\"hint\":"),
      let hint = string(), take(",\"kind\":\""), let kind = failureKind(),
      take(",\"summary\":"), let summary = string(), take("},\"phase\":\""), let phase = phase()
    else { return nil }
    var retryAt: Timestamp?
    if take(",\"retryAt\":\"") {
      guard bytes.count - offset >= 24 else { return nil }
      let end = offset + 24
      retryAt = TimeText.read(
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[offset..<end])))
      offset = end
      guard retryAt != nil, take("\"") else { return nil }
    }
    guard take("}"), isAtEnd else { return nil }
    return .failed(
      step: step, phase: phase, attempt: attempt, failure: Failure(kind, summary, hint: hint),
      retryAt: retryAt)
  }

  private mutating func failureKind() -> Failure.Kind? {
    if take("transient\",\"retryAfterMilliseconds\":") {
      return integer().map { .transient(retryAfterMilliseconds: Int64($0)) }
    }
    if take("transient\"") { return .transient(retryAfterMilliseconds: nil) }
    if take("permanent\"") { return .permanent }
    if take("refused\"") { return .refused }
    return take("cancelled\"") ? .cancelled : nil
  }

  private mutating func phase() -> Phase? {
    if take("apply\"") { return .apply }
    if take("verify\"") { return .verify }
    if take("plan\"") { return .plan }
    return take("undo\"") ? .undo : nil
  }

  /// Goes on behind the text if it comes next.
  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - offset >= count else { return false }
    for index in 0..<count where bytes[offset + index] != text.utf8Start[index] { return false }
    offset += count
    return true
  }

  /// A string without escapes.
  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return String(
          validating: UnsafeBufferPointer(rebasing: bytes[start..<offset - 1]), as: UTF8.self)
      }
      guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
      offset += 1
    }
    return nil
  }

  private mutating func integer() -> Int? {
    var value = 0
    let start = offset
    // Eighteen digits fit, and JSON has no leading zeros; all else is read in the general way.
    while offset < bytes.count, offset - start < 18 {
      let digit = bytes[offset] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = value * 10 + Int(digit)
      offset += 1
    }
    let count = offset - start
    return count == 0 || (count > 1 && bytes[start] == UInt8(ascii: "0")) ? nil : value
  }
}
