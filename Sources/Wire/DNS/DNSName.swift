/// An absolute domain name.
///
/// Kept as RFC 1035 sends it, uncompressed, in the case it was written. Two names are equal when
/// their bytes are, ASCII letters compared without regard to case.
package struct DNSName: Sendable {
  /// With all length bytes and the final zero.
  package static let wireBytesMax = 255
  package static let labelBytesMax = 63

  /// Each label after its length, then a zero.
  package let wire: [UInt8]

  /// Takes bytes that a reader has found to be a well-formed name.
  init(checked wire: [UInt8]) { self.wire = wire }

  package static let root = DNSName(checked: [0])

  /// Builds a name from labels, the leftmost first.
  package init(labels: [[UInt8]]) throws(DNSTextError) {
    var wire: [UInt8] = []
    for label in labels {
      guard (1...Self.labelBytesMax).contains(label.count) else {
        throw DNSTextError(
          label.isEmpty
            ? "a name holds an empty label"
            : "a label of \(label.count) bytes is longer than \(Self.labelBytesMax)")
      }
      wire.append(UInt8(label.count))
      wire += label
    }
    wire.append(0)
    guard wire.count <= Self.wireBytesMax else {
      throw DNSTextError("a name of \(wire.count) bytes is longer than \(Self.wireBytesMax)")
    }
    self.wire = wire
  }

  package var labels: [ArraySlice<UInt8>] {
    var labels: [ArraySlice<UInt8>] = []
    var position = 0
    while wire[position] != 0 {
      let end = position + 1 + Int(wire[position])
      labels.append(wire[(position + 1)..<end])
      position = end
    }
    return labels
  }

  package var isRoot: Bool { wire.count == 1 }

  /// The name without its first label; nil for the root.
  package var parent: DNSName? {
    isRoot ? nil : DNSName(checked: Array(wire[(1 + Int(wire[0]))...]))
  }

  /// The same name in small letters.
  package var lowercased: DNSName { DNSName(checked: folded) }

  /// Whether this is `other` or a name below it.
  package func isWithin(_ other: DNSName) -> Bool {
    var name: DNSName? = self
    while let candidate = name, candidate.wire.count >= other.wire.count {
      if candidate == other { return true }
      name = candidate.parent
    }
    return false
  }

  /// The wire form in small letters.
  ///
  /// A length byte is at most 63, below every capital, so that all bytes can be folded alike.
  var folded: [UInt8] { wire.map { (65...90).contains($0) ? $0 | 0x20 : $0 } }
}

extension DNSName: Hashable {
  package static func == (left: DNSName, right: DNSName) -> Bool {
    left.wire.count == right.wire.count && left.folded == right.folded
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

extension DNSName: CustomStringConvertible {
  /// Reads a name in text form: `\.` and `\DDD` are escapes, a name without a final dot continues
  /// with the origin.
  package init(_ text: String, origin: DNSName = .root) throws(DNSTextError) {
    try self.init(text: Array(text.utf8)[...], origin: origin)
  }

  package init(text: ArraySlice<UInt8>, origin: DNSName) throws(DNSTextError) {
    guard !text.isEmpty else { throw DNSTextError("a name is empty") }
    if text.elementsEqual(".".utf8) {
      self = .root
      return
    }
    var labels: [[UInt8]] = [[]]
    var rest = text
    var isAbsolute = false
    while let byte = rest.popFirst() {
      isAbsolute = false
      if byte == UInt8(ascii: ".") {
        isAbsolute = true
        labels.append([])
      } else if byte == DNSEscape.mark {
        labels[labels.count - 1].append(try DNSEscape.read(&rest))
      } else {
        labels[labels.count - 1].append(byte)
      }
    }
    if isAbsolute {
      labels.removeLast()
    } else {
      labels += origin.labels.map(Array.init)
    }
    try self.init(labels: labels)
  }

  /// The text form with its final dot; what could be misread is escaped.
  package var description: String {
    guard !isRoot else { return "." }
    var text: [UInt8] = []
    for label in labels {
      for byte in label { DNSEscape.write(byte, to: &text, special: DNSEscape.specialInNames) }
      text.append(UInt8(ascii: "."))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
