/// Reads bytes into a tree with positions, and goes on behind a mistake where that is sensible.
///
/// The nesting is bounded before it can exhaust the stack, and every loop consumes a byte or ends.
struct JSONReader {
  /// Thrown where going on makes no sense; the problem is already listed.
  struct Halt: Error {}

  let bytes: [UInt8]
  let dialect: JSONDialect
  var offset = 0
  var lines: LineCounter
  private(set) var problems: [JSONError] = []
  private(set) var isBroken = false
  private var depth = 0

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  init(bytes: [UInt8], dialect: JSONDialect) {
    self.bytes = bytes
    self.dialect = dialect
    offset = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
    lines = LineCounter(origin: offset)
  }

  mutating func document(bytesMax: Int) -> JSONNode? {
    do throws(Halt) {
      guard bytes.count <= bytesMax else {
        throw halt(
          "the document has \(bytes.count) bytes; at most \(bytesMax) are read", at: position())
      }
      try checkUTF8()
      try skipSpace()
      let root = try value()
      try skipSpace()
      if offset < bytes.count { throw halt("expected the end of the document, found \(found())") }
      return isBroken ? nil : root
    } catch {
      return nil
    }
  }

  // MARK: Places and problems

  var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func byte(at offset: Int) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  mutating func position() -> JSONPosition { lines.position(at: offset, in: bytes) }

  mutating func range(from start: JSONPosition) -> JSONRange {
    JSONRange(start: start, end: position())
  }

  /// Lists a mistake after which there is no tree to hand out, but reading goes on.
  ///
  /// One place gets one mistake: what follows from the first is not told again.
  mutating func report(_ message: String, at place: JSONPosition? = nil) throws(Halt) {
    isBroken = true
    let place = place ?? position()
    if problems.contains(where: { $0.position.offset == place.offset }) { return }
    try append(JSONError(message, at: place))
  }

  /// Lists a mistake that leaves the tree whole.
  mutating func flag(_ problem: JSONError) throws(Halt) { try append(problem) }

  mutating func halt(_ message: String, at place: JSONPosition? = nil) -> Halt {
    do throws(Halt) { try report(message, at: place) } catch { return error }
    return Halt()
  }

  private mutating func append(_ problem: JSONError) throws(Halt) {
    problems.append(problem)
    if problems.count >= JSONLimit.problemsMax {
      isBroken = true
      throw Halt()
    }
  }

  // MARK: Values

  mutating func value() throws(Halt) -> JSONNode {
    let start = position()
    guard let byte = next else { throw halt("expected a value, found \(found())") }
    switch byte {
    case UInt8(ascii: "{"): return try object(from: start)
    case UInt8(ascii: "["): return try array(from: start)
    case UInt8(ascii: "\""):
      return JSONNode(kind: .string(try string(from: start)), range: range(from: start))
    case UInt8(ascii: "'") where dialect == .json5:
      return JSONNode(kind: .string(try string(from: start)), range: range(from: start))
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return try number(from: start)
    case UInt8(ascii: "+"), UInt8(ascii: "."):
      if dialect == .json5 { return try number(from: start) }
      try report("expected a value, found \(found())")
      resynchronize()
    default: return try word(from: start)
    }
    return JSONNode(kind: .null, range: range(from: start))
  }

  private mutating func array(from start: JSONPosition) throws(Halt) -> JSONNode {
    try enter(at: start)
    var elements: [JSONNode] = []
    offset += 1
    try skipSpace()
    while next != UInt8(ascii: "]") {
      try checkInside("array", from: start, closer: "]", wrong: UInt8(ascii: "}"))
      elements.append(try value())
      try skipSpace()
      try separator(before: UInt8(ascii: "]"), of: "array", from: start)
    }
    offset += 1
    depth -= 1
    return JSONNode(kind: .array(elements), range: range(from: start))
  }

  private mutating func object(from start: JSONPosition) throws(Halt) -> JSONNode {
    try enter(at: start)
    var members: [JSONNode.Member] = []
    offset += 1
    try skipSpace()
    while next != UInt8(ascii: "}") {
      try checkInside("object", from: start, closer: "}", wrong: UInt8(ascii: "]"))
      if let member = try member() { members.append(member) }
      try skipSpace()
      try separator(before: UInt8(ascii: "}"), of: "object", from: start)
    }
    offset += 1
    depth -= 1
    try flagDuplicates(in: members)
    return JSONNode(kind: .object(members), range: range(from: start))
  }

  private mutating func member() throws(Halt) -> JSONNode.Member? {
    let start = position()
    guard let name = try key(from: start) else {
      resynchronize()
      return nil
    }
    let nameRange = range(from: start)
    try skipSpace()
    guard next == UInt8(ascii: ":") else {
      let hint = next == UInt8(ascii: "-") ? "; a key with '-' in it needs quotes" : ""
      try report("expected ':' after the key '\(name)', found \(found())\(hint)")
      resynchronize()
      return nil
    }
    offset += 1
    try skipSpace()
    return JSONNode.Member(name: name, nameRange: nameRange, value: try value())
  }

  private mutating func enter(at start: JSONPosition) throws(Halt) {
    depth += 1
    if depth > JSONLimit.depthMax {
      throw halt("values are nested more than \(JSONLimit.depthMax) deep", at: start)
    }
  }

  private mutating func checkInside(
    _ noun: String, from start: JSONPosition, closer: String, wrong: UInt8
  ) throws(Halt) {
    guard let byte = next else {
      throw halt("expected '\(closer)' for the \(noun) opened at \(start), found \(found())")
    }
    if byte == wrong {
      throw halt("expected '\(closer)' for the \(noun) opened at \(start), found \(found())")
    }
  }

  /// Takes the comma between two entries; a forgotten one is reported and imagined.
  private mutating func separator(
    before closer: UInt8, of noun: String, from start: JSONPosition
  ) throws(Halt) {
    guard next == UInt8(ascii: ",") else {
      if next == nil || next == closer { return }
      let name = Character(Unicode.Scalar(closer))
      return try report(
        "expected ',' or '\(name)' in the \(noun) opened at \(start), found \(found())")
    }
    let comma = position()
    offset += 1
    try skipSpace()
    if dialect == .strict, next == closer {
      try report("strict JSON has no comma before the end of an \(noun)", at: comma)
    }
  }

  /// Up to so many members are compared with each other, which is quicker than a table.
  private static let pairsMax = 8

  private static func hasDuplicates(_ members: [JSONNode.Member]) -> Bool {
    for (index, member) in members.enumerated() {
      for other in members[..<index] where other.name.hasSameBytes(as: member.name) { return true }
    }
    return false
  }

  private mutating func flagDuplicates(in members: [JSONNode.Member]) throws(Halt) {
    if members.count <= Self.pairsMax, !Self.hasDuplicates(members) { return }
    var first: [UTF8Key: JSONPosition] = [:]
    for member in members {
      let key = UTF8Key(member.name)
      if let earlier = first[key] {
        try flag(
          JSONError(
            "the key '\(member.name)' is given twice; the first one is at \(earlier)",
            at: member.nameRange.start, related: earlier))
      } else {
        first[key] = member.nameRange.start
      }
    }
  }
}
