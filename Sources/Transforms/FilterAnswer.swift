import JSON

/// One line that a filter program answers, as docs/migrations.md describes it.
struct FilterAnswer {
  /// The number that came with the item.
  let seq: Int
  /// Nil for a line that only ends an item.
  let row: OutcomeRows.Row?
  /// Whether it is the last line about the item.
  let isLast: Bool

  /// What is wrong with a line; `seq` where it can be told whose it is.
  struct Mistake: Error {
    let seq: Int?
    let text: String
    /// Whether it says all the same that it is the last one about its item.
    var isLast = false
  }

  init(_ line: [UInt8]) throws(Mistake) {
    let members: [(name: String, value: Range<Int>)]
    do throws(JSONScanner.Malformed) {
      members = try Self.members(of: line)
    } catch {
      throw Mistake(seq: nil, text: "no JSON object on a line")
    }
    func bytes(_ name: String) -> [UInt8]? {
      members.first { $0.name.utf8.elementsEqual(name.utf8) }.map { Array(line[$0.value]) }
    }
    guard let number = bytes("seq"), let seq = Int(String(decoding: number, as: UTF8.self)) else {
      throw Mistake(seq: nil, text: "without the whole number 'seq'")
    }
    self.seq = seq
    let done = bytes("done").map { String(decoding: $0, as: UTF8.self) }
    func mistake(_ text: String) -> Mistake {
      Mistake(seq: seq, text: text, isLast: done == "true")
    }
    for (index, member) in members.enumerated() {
      guard Self.names.contains(member.name) else {
        throw mistake("with '\(member.name)', which means nothing here")
      }
      guard !members[..<index].contains(where: { $0.name == member.name }) else {
        throw mistake("with '\(member.name)' twice")
      }
    }
    func text(_ name: String) throws(Mistake) -> String? {
      guard let bytes = bytes(name) else { return nil }
      guard let value = try? JSONValue(reading: bytes) else {
        throw mistake("'\(name)' is no text")
      }
      if value.isNull { return nil }
      guard let text = value.string else { throw mistake("'\(name)' is no text") }
      return text
    }
    func item(_ name: String) -> [UInt8]? {
      bytes(name).flatMap { $0.elementsEqual("null".utf8) ? nil : $0 }
    }
    let row = OutcomeRows.Row(
      target: try text("target"), put: item("put"), update: item("update"),
      delete: item("delete"), skip: try text("skip"), reject: try text("reject"))
    switch done {
    case nil, "false": isLast = false
    case "true": isLast = true
    case _?: throw mistake("'done' is neither true nor false")
    }
    let isOutcome =
      row.put != nil || row.update != nil || row.delete != nil || row.skip != nil
      || row.reject != nil || row.target != nil
    self.row = isOutcome || !isLast ? row : nil
  }

  private static let names: Set<String> = [
    "seq", "target", "put", "update", "delete", "skip", "reject", "done",
  ]

  private static func members(
    of line: [UInt8]
  ) throws(JSONScanner.Malformed) -> [(name: String, value: Range<Int>)] {
    let span = line.span
    var scanner = JSONScanner()
    var members: [(name: String, value: Range<Int>)] = []
    try scanner.enterObject(in: span)
    while let name = try scanner.nextMember(in: span) {
      members.append((name.text(in: span) ?? "?", try scanner.skipValue(in: span)))
    }
    try scanner.finish(in: span)
    return members
  }

  /// The line that asks about an item.
  static func question(_ seq: Int, _ item: [UInt8], of table: [UInt8]) -> [UInt8] {
    var line = Array("{\"seq\":\(seq),\"table\":".utf8)
    line += table
    line += Array(",\"item\":".utf8)
    // Outside of texts, where it may not stand, a line feed means as much as a space.
    line += item.contains(10) ? item.map { $0 == 10 ? 32 : $0 } : item
    line.append(UInt8(ascii: "}"))
    return line
  }
}
