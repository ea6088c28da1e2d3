import JSON

/// Finds attributes in the bytes of an item, without building a tree.
struct AttributeReader {
  /// One typed value: `{"S":"a"}`.
  struct Found {
    /// `S`, `N`, `M` …, as it is written.
    let type: JSONSlice
    /// Where the part behind the type stands.
    let content: Range<Int>
    /// Where the typed value stands.
    let whole: Range<Int>
  }

  private(set) var bytes: [UInt8] = []
  private var members: [(name: JSONSlice, value: Range<Int>)] = []

  /// Reads an item; the same bytes again cost nothing.
  mutating func read(_ item: [UInt8]) throws(JSONScanner.Malformed) {
    if !bytes.isEmpty, item == bytes { return }
    bytes = []
    members.removeAll(keepingCapacity: true)
    let span = item.span
    var scanner = JSONScanner()
    try scanner.enterObject(in: span)
    while let name = try scanner.nextMember(in: span) {
      members.append((name, try scanner.skipValue(in: span)))
    }
    try scanner.finish(in: span)
    bytes = item
  }

  /// The value at the end of a path; nil where a member, an element or the attribute is missing.
  func find(_ path: ArraySlice<Step>) throws(JSONScanner.Malformed) -> Found? {
    guard let first = path.first, case .name(let name) = first,
      let start = members.first(where: { $0.name.equals(name.utf8, in: bytes.span) })
    else { return nil }
    var found = try typed(at: start.value)
    for step in path.dropFirst() {
      guard let inner = try value(step, in: found) else { return nil }
      found = try typed(at: inner)
    }
    return found
  }

  /// One step of a path.
  enum Step {
    case name(Name)
    case index(Int)
  }

  /// A name as bytes, since names are never compared as Swift strings.
  struct Name {
    let utf8: [UInt8]
  }

  private func value(_ step: Step, in found: Found) throws(JSONScanner.Malformed) -> Range<Int>? {
    var scanner = JSONScanner(at: found.content.lowerBound)
    switch step {
    case .name(let wanted):
      guard found.type.equals("M", in: bytes.span) else { return nil }
      try scanner.enterObject(in: bytes.span)
      while let name = try scanner.nextMember(in: bytes.span) {
        let value = try scanner.skipValue(in: bytes.span)
        if name.equals(wanted.utf8, in: bytes.span) { return value }
      }
    case .index(let wanted):
      guard found.type.equals("L", in: bytes.span) else { return nil }
      try scanner.enterArray(in: bytes.span)
      var index = 0
      while try scanner.nextElement(in: bytes.span) {
        let value = try scanner.skipValue(in: bytes.span)
        if index == wanted { return value }
        index += 1
      }
    }
    return nil
  }

  private func typed(at place: Range<Int>) throws(JSONScanner.Malformed) -> Found {
    var scanner = JSONScanner(at: place.lowerBound)
    try scanner.enterObject(in: bytes.span)
    guard let type = try scanner.nextMember(in: bytes.span) else {
      throw JSONScanner.Malformed(expected: "a type as in {\"S\":\"a\"}", offset: place.lowerBound)
    }
    return Found(type: type, content: try scanner.skipValue(in: bytes.span), whole: place)
  }

  /// The attributes with others in the place of some: nil takes one out.
  func amended(_ changes: [(name: [UInt8], typed: [UInt8]?)]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 64 * changes.count)
    result.append(UInt8(ascii: "{"))
    func begin(_ name: some Sequence<UInt8>) {
      if result.count > 1 { result.append(UInt8(ascii: ",")) }
      result.append(UInt8(ascii: "\""))
      result.append(contentsOf: name)
      result.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
    }
    func put(_ change: (name: [UInt8], typed: [UInt8]?)) {
      guard let typed = change.typed else { return }
      let name = String(decoding: change.name, as: UTF8.self)
      begin(JSONValue.string(name).compact().dropFirst().dropLast())
      result.append(contentsOf: typed)
    }
    // In byte order where the item is, so that nobody needs to sort it again.
    var rest = changes.sorted { $0.name.lexicographicallyPrecedes($1.name) }[...]
    for member in members {
      while let next = rest.first,
        next.name.lexicographicallyPrecedes(bytes[member.name.range])
      {
        put(rest.removeFirst())
      }
      if changes.contains(where: { member.name.equals($0.name, in: bytes.span) }) { continue }
      begin(bytes[member.name.range])
      result.append(contentsOf: bytes[member.value])
    }
    for change in rest { put(change) }
    result.append(UInt8(ascii: "}"))
    return result
  }
}
