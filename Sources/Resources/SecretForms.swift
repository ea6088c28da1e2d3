/// The forms in which one secret may stand in a text.
///
/// What prints a secret seldom prints it bare: a program its lines one by one, JSON and XML escape
/// it, `echo` takes its backslashes for escapes, URLs and forms encode it, `Authorization: Basic`
/// and the logs of functions hold it in base64, where three forms stand for the three places at
/// which it may begin.
enum SecretForms {
  /// Shorter values would strike out ordinary words.
  static let lengthMin = 4
  /// Parts of a secret, which are struck out by themselves, are no ordinary words from here on.
  private static let partLengthMin = 8
  /// Fewer bytes have too few letters in base64 that are theirs alone.
  private static let base64LengthMin = 6

  static func all(of secret: String) -> Set<[UInt8]> {
    var forms: Set<[UInt8]> = []
    // What the `echo` of many shells makes of backslashes.
    let echoed = interpreted(secret)
    for part in [secret] + parts(of: secret) + [echoed] + parts(of: echoed) {
      let bytes = Array(part.utf8)
      forms.insert(bytes)
      for isASCII in [false, true] {
        let escaped = json(part, isASCII: isASCII)
        forms.insert(escaped)
        // As some writers do it.
        forms.insert(escaped.flatMap { $0 == UInt8(ascii: "/") ? [0x5C, $0] : [$0] })
      }
      forms.insert(xml(part))
      forms.formUnion(percent(bytes))
      if bytes.count >= base64LengthMin { forms.formUnion(base64(bytes)) }
    }
    return forms.filter { $0.count >= lengthMin }
  }

  /// Without the space around it, its lines, and the values of one that is JSON.
  private static func parts(of secret: String) -> [String] {
    let space: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r"]
    func trimmed(_ text: Substring.UnicodeScalarView) -> String {
      let start = text.drop(while: space.contains)
      let end = start.lastIndex { !space.contains($0) }
      return end.map { String(String.UnicodeScalarView(start[...$0])) } ?? ""
    }
    let scalars = Substring(secret).unicodeScalars
    var parts = [trimmed(scalars)]
    if parts[0].utf8.first == UInt8(ascii: "{") {
      // Every second piece stands between quotes; a colon behind it makes it a name.
      let pieces = scalars.split(separator: "\"", omittingEmptySubsequences: false)
      for index in stride(from: 1, to: pieces.count - 1, by: 2)
      where pieces[index + 1].first(where: { !space.contains($0) }) != ":" {
        parts.append(String(String.UnicodeScalarView(pieces[index])))
      }
    }
    let lines = scalars.split { $0 == "\n" || $0 == "\r" }
    if lines.count > 1 { parts += lines.map(trimmed) }
    return parts.enumerated().filter { index, part in
      !part.utf8.elementsEqual(secret.utf8)
        && part.utf8.count >= (index == 0 ? lengthMin : partLengthMin)
    }.map(\.element)
  }

  private static func interpreted(_ text: String) -> String {
    let meanings: [Unicode.Scalar: Unicode.Scalar] = [
      "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{B}",
      "\\": "\\",
    ]
    var output = String.UnicodeScalarView()
    var rest = Substring(text).unicodeScalars
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let meaning = rest.first.flatMap({ meanings[$0] }) else {
        output.append(scalar)
        continue
      }
      rest.removeFirst()
      output.append(meaning)
    }
    return String(output)
  }

  private static func json(_ text: String, isASCII: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": bytes += [0x5C, UInt8(scalar.value)]
      case "\n": bytes += Array(#"\n"#.utf8)
      case "\r": bytes += Array(#"\r"#.utf8)
      case "\t": bytes += Array(#"\t"#.utf8)
      case _ where scalar.value < 0x20 || isASCII && scalar.value > 0x7E:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          bytes += Array((#"\u"# + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
      case _: bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }

  private static func xml(_ text: String) -> [UInt8] {
    text.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "&"): Array("&amp;".utf8)
      case UInt8(ascii: "<"): Array("&lt;".utf8)
      case UInt8(ascii: ">"): Array("&gt;".utf8)
      case UInt8(ascii: "\""): Array("&quot;".utf8)
      case UInt8(ascii: "'"): Array("&#39;".utf8)
      case _: [byte]
      }
    }
  }

  private static func percent(_ bytes: [UInt8]) -> Set<[UInt8]> {
    let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    // Many leave the slash of a path alone.
    return percent(bytes, plain: Set(plain.utf8))
      .union(percent(bytes, plain: Set("\(plain)/".utf8)))
  }

  /// In both cases of the digits, in paths and in forms.
  private static func percent(_ bytes: [UInt8], plain: Set<UInt8>) -> Set<[UInt8]> {
    var forms: Set<[UInt8]> = []
    for digits in ["0123456789ABCDEF", "0123456789abcdef"].map({ Array($0.utf8) }) {
      for space in [Array("%20".utf8), [UInt8(ascii: "+")]] {
        forms.insert(
          bytes.flatMap { byte -> [UInt8] in
            if plain.contains(byte) { return [byte] }
            if byte == 0x20 { return space }
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
          })
      }
    }
    return forms
  }

  /// The letters that depend on nothing but the secret, in both alphabets, and those of its end.
  private static func base64(_ bytes: [UInt8]) -> Set<[UInt8]> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    var forms: Set<[UInt8]> = []
    for alphabet in [letters + "+/", letters + "-_"].map({ Array($0.utf8) }) {
      for offset in 0..<3 {
        let padded = [UInt8](repeating: 0, count: offset) + bytes
        var form: [UInt8] = []
        var bits = 0
        var held = 0
        for byte in padded {
          bits = bits << 8 | Int(byte)
          held += 8
          while held >= 6 {
            held -= 6
            form.append(alphabet[bits >> held & 63])
          }
          bits &= (1 << held) - 1
        }
        let sure = Array(form.dropFirst((offset * 8 + 5) / 6))
        forms.insert(sure)
        guard held > 0 else { continue }
        // What ends with the secret has one more letter, which tells of its last byte.
        let ended = sure + [alphabet[bits << (6 - held) & 63]]
        forms.insert(ended)
        forms.insert(ended + [UInt8](repeating: UInt8(ascii: "="), count: (6 - held) / 2))
      }
    }
    return forms
  }
}
