/// A text with `${…}` references in it; `$${` stands for `${` itself.
struct Template: Sendable {
  enum Part: Sendable {
    case text(String)
    case reference(Reference, offset: Int)
  }

  /// Something wrong with the text, and how many bytes into it.
  struct Mistake: Sendable {
    let message: String
    let offset: Int
  }

  private(set) var parts: [Part] = []
  private(set) var mistakes: [Mistake] = []

  private static let dollar = UInt8(ascii: "$")
  private static let open = UInt8(ascii: "{")
  private static let close = UInt8(ascii: "}")

  init(_ source: String) {
    let bytes = Array(source.utf8)
    var plain: [UInt8] = []
    var offset = 0
    while offset < bytes.count {
      let rest = bytes[offset...]
      if rest.starts(with: [Self.dollar, Self.dollar, Self.open]) {
        plain += [Self.dollar, Self.open]
        if bytes[(offset + 3)...].starts(with: "secret:".utf8) {
          // Whoever resolves secrets at the moment of use could not tell it from a reference.
          mistakes.append(.init(message: "a text cannot hold '${secret:' itself", offset: offset))
        }
        offset += 3
      } else if rest.starts(with: [Self.dollar, Self.open]) {
        flush(&plain)
        guard let end = rest.firstIndex(of: Self.close) else {
          mistakes.append(
            .init(
              message: "expected '}' that closes '${'; write $${ for the two characters",
              offset: offset))
          return
        }
        let body = String(decoding: bytes[(offset + 2)..<end], as: UTF8.self)
        do throws(Reference.Mistake) {
          parts.append(.reference(try Reference(body), offset: offset))
        } catch {
          mistakes.append(.init(message: error.message, offset: offset))
        }
        offset = end + 1
      } else {
        plain.append(bytes[offset])
        offset += 1
      }
    }
    flush(&plain)
  }

  private mutating func flush(_ plain: inout [UInt8]) {
    guard !plain.isEmpty else { return }
    parts.append(.text(String(decoding: plain, as: UTF8.self)))
    plain = []
  }

  var references: [(reference: Reference, offset: Int)] {
    parts.compactMap { part in
      switch part {
      case .text: nil
      case .reference(let reference, let offset): (reference, offset)
      }
    }
  }

  /// Whether the text is nothing but one reference, whose value then keeps its type.
  var isLoneReference: Bool { parts.count == 1 && references.count == 1 }
}
