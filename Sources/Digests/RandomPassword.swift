/// Passwords that meet any policy: letters of both sizes, digits and signs.
package enum RandomPassword {
  private static let kinds = [
    "abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_.+=!",
  ].map { Array($0.utf8) }
  /// About 140 bits of chance.
  package static let lengthMin = 24

  /// A password of at least ``lengthMin`` characters, one of each kind among them.
  package static func make(length: Int = lengthMin) -> String {
    let all = kinds.flatMap { $0 }
    var text = kinds.map(pick)
    while text.count < max(length, lengthMin) { text.append(pick(all)) }
    // The sure ones must not stand where everybody expects them.
    for index in text.indices.reversed() { text.swapAt(index, number(below: index + 1)) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func pick(_ choices: [UInt8]) -> UInt8 { choices[number(below: choices.count)] }

  /// Every number equally likely: bytes beyond the last whole multiple are thrown away.
  private static func number(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= 256, "one byte must be enough")
    let limit = 256 / bound * bound
    while true {
      let byte = Int(Randomness.bytes(1)[0])
      if byte < limit { return byte % bound }
    }
  }
}
