/// A text with `${name}` references; `$${` stands for `${` itself.
struct TemplateText {
  enum Piece: Equatable {
    case literal(String)
    case reference(String)
  }

  let pieces: [Piece]

  /// Nil when a reference is not closed.
  init?(_ text: String) {
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "$") else {
        literal.append(byte)
        continue
      }
      if rest.starts(with: "${".utf8) {
        literal += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if rest.first == UInt8(ascii: "{") {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
        pieces.append(.reference(String(decoding: rest[..<end].dropFirst(), as: UTF8.self)))
        rest = rest[(end + 1)...]
      } else {
        literal.append(byte)
      }
    }
    if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
    self.pieces = pieces
  }
}
