/// Numbers, kept as decimal text.
extension JSONReader {
  mutating func number(from start: JSONPosition) throws(Halt) -> JSONNode {
    var text: [UInt8] = []
    if next == UInt8(ascii: "-") {
      text.append(UInt8(ascii: "-"))
      offset += 1
    } else if next == UInt8(ascii: "+") {
      offset += 1
    }
    let parsed: Bool
    switch next {
    case UInt8(ascii: "I") where dialect == .json5, UInt8(ascii: "N") where dialect == .json5:
      return try signedWord(sign: text, from: start)
    case UInt8(ascii: "0")
    where dialect == .json5 && (byte(at: offset + 1) ?? 0) | 0x20 == UInt8(ascii: "x"):
      parsed = try hexadecimal(into: &text, from: start)
    default: parsed = try decimal(into: &text, from: start)
    }
    guard parsed else {
      resynchronize()
      return JSONNode(kind: .null, range: range(from: start))
    }
    return JSONNode(
      kind: .number(String(decoding: text, as: UTF8.self)), range: range(from: start))
  }

  private mutating func signedWord(
    sign: [UInt8], from start: JSONPosition
  ) throws(Halt) -> JSONNode {
    let place = position()
    let node = try word(from: place)
    guard case .number(let text) = node.kind else {
      try report("expected digits after the sign", at: start)
      return node
    }
    return JSONNode(
      kind: .number(String(decoding: sign, as: UTF8.self) + text), range: range(from: start))
  }

  private mutating func decimal(
    into text: inout [UInt8], from start: JSONPosition
  ) throws(Halt) -> Bool {
    let whole = digits()
    if whole.count > 1, whole.first == UInt8(ascii: "0") {
      try report("expected a number without a leading 0", at: start)
    }
    var fraction = bytes[offset..<offset]
    var hasPoint = false
    if next == UInt8(ascii: ".") {
      hasPoint = true
      offset += 1
      fraction = digits()
    }
    if whole.isEmpty, fraction.isEmpty || dialect == .strict {
      try report("expected a digit, found \(found())")
      return false
    }
    if hasPoint, fraction.isEmpty, dialect == .strict {
      try report("expected a digit after the point, found \(found())")
      return false
    }
    text += whole.isEmpty ? [UInt8(ascii: "0")][...] : whole
    if !fraction.isEmpty { text += [UInt8(ascii: ".")] + fraction }
    guard let byte = next, byte | 0x20 == UInt8(ascii: "e") else { return try endOfNumber() }
    text.append(byte)
    offset += 1
    if let sign = next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      text.append(sign)
      offset += 1
    }
    let exponent = digits()
    if exponent.isEmpty {
      try report("expected a digit in the exponent, found \(found())")
      return false
    }
    text += exponent
    return try endOfNumber()
  }

  /// Reads `0x…` of any reasonable length into decimal digits.
  private mutating func hexadecimal(
    into text: inout [UInt8], from start: JSONPosition
  ) throws(Halt) -> Bool {
    offset += 2
    var decimals: [UInt8] = [0]  // least significant first
    var count = 0
    while let byte = next, var carry = Self.hexDigit(byte).map(Int.init) {
      offset += 1
      count += 1
      guard count <= JSONLimit.hexDigitsMax else { continue }
      for index in decimals.indices {
        carry += Int(decimals[index]) * 16
        decimals[index] = UInt8(carry % 10)
        carry /= 10
      }
      while carry > 0 {
        decimals.append(UInt8(carry % 10))
        carry /= 10
      }
    }
    if count == 0 {
      try report("expected a hexadecimal digit after 0x, found \(found())")
      return false
    }
    if count > JSONLimit.hexDigitsMax {
      try report(
        "expected at most \(JSONLimit.hexDigitsMax) hexadecimal digits, found \(count)", at: start)
      return false
    }
    text += decimals.reversed().map { $0 + UInt8(ascii: "0") }
    return try endOfNumber()
  }

  /// A number runs into nothing else: `5s` and `1_000` are mistakes where they stand.
  private mutating func endOfNumber() throws(Halt) -> Bool {
    guard next != nil else { return true }
    let scalar = scalar(at: offset).0
    guard scalar.continuesIdentifier || scalar == "." else { return true }
    try report("expected the end of the number, found \(found()); a text needs quotes")
    return false
  }

  private mutating func digits() -> ArraySlice<UInt8> {
    let start = offset
    while let byte = next, Self.isDigit(byte) { offset += 1 }
    return bytes[start..<offset]
  }
}
