import JSON

/// Makes random values, spells them as sloppy JSON5, and damages them; the same for the same seed.
struct DocumentSource {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  // SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func chance(_ part: Int, in whole: Int) -> Bool { below(whole) < part }

  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  // MARK: Values

  mutating func value(depth: Int) -> JSONValue {
    switch below(depth > 0 ? 8 : 5) {
    case 0: return .null
    case 1: return .bool(chance(1, in: 2))
    case 2: return .number(number())
    case 3, 4: return .string(text())
    case 5: return .array((0..<below(5)).map { _ in value(depth: depth - 1) })
    default:
      var object = JSONValue.object([])
      for _ in 0..<below(5) { object[text()] = value(depth: depth - 1) }
      return object
    }
  }

  private mutating func number() -> String {
    var text = chance(1, in: 3) ? "-" : ""
    text += chance(1, in: 4) ? "0" : "\(below(1_000_000) + 1)"
    if chance(1, in: 3) { text += ".\(below(1000))" }
    if chance(1, in: 5) { text += pick(["e", "E", "e+", "e-"]) + "\(below(20))" }
    return text
  }

  private mutating func text() -> String {
    let pieces = [
      "a", "key", "Z_9", "$", " ", "\n", "\t", "\"", "'", "\\", "/", "ü", "e\u{301}", "😀", "\u{0}",
      "\u{1F}", "\u{7F}", "\u{2028}", "//", "/*", "{", "]", ",", ":", "true", "1", "\u{FFFF}",
    ]
    return (0..<below(5)).map { _ in pick(pieces) }.joined()
  }

  // MARK: Spelling

  /// The same value as a person in a hurry might write it.
  mutating func json5(_ value: JSONValue) -> String {
    space() + spelled(value) + space()
  }

  private mutating func space() -> String {
    chance(1, in: 3) ? pick([" ", "\n", "\t", "// c ' }\n", "/* , \" */", "\r\n", "\u{A0}"]) : ""
  }

  private mutating func spelled(_ value: JSONValue) -> String {
    switch value {
    case .null, .bool: return value.text
    // The sign is left out where the number could be taken for another literal.
    case .number(let text): return text
    case .string(let text): return quoted(text)
    case .array(let elements):
      let inner = elements.map { space() + spelled($0) + space() }.joined(separator: ",")
      return "[" + inner + (!elements.isEmpty && chance(1, in: 3) ? "," : "") + space() + "]"
    case .object(let members):
      let inner = members.map { member in
        space() + key(member.name) + space() + ":" + space() + spelled(member.value)
      }.joined(separator: ",")
      return "{" + inner + (!members.isEmpty && chance(1, in: 3) ? "," : "") + space() + "}"
    }
  }

  private mutating func key(_ name: String) -> String {
    let isWord =
      !name.isEmpty
      && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) }
    return isWord && chance(1, in: 2) ? name : quoted(name)
  }

  private mutating func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar = chance(1, in: 2) ? "'" : "\""
    var result = String.UnicodeScalarView([quote])
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\": result += ["\\", scalar]
      case "\n": result += "\\n".unicodeScalars
      case "\u{0}"..<" ":
        let hex = String(scalar.value, radix: 16)
        result += ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).unicodeScalars
      default: result.append(scalar)
      }
    }
    result.append(quote)
    return String(result)
  }

  // MARK: Damage

  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(3) {
      let place = below(bytes.count + 1)
      switch below(6) {
      case 0: bytes = Array(bytes.prefix(place))
      case 1: bytes.insert(pick(Array("{}[],:\"'\\/0-+.eExNI\u{0}\u{1} \n".utf8)), at: place)
      case 2 where place < bytes.count: bytes.remove(at: place)
      case 3 where place < bytes.count: bytes[place] = UInt8(below(256))
      case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
      default:
        let end = min(bytes.count, place + below(8))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      }
    }
    return bytes
  }
}
