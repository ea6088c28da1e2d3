import Digests
import JSON
import Resources
import SQLite

/// Turns items into the values of a row, on bytes.
///
/// Strict: what is accepted reads back with the same bytes (up to white space, escapes and order).
/// What a column cannot tell apart or would convert is refused with a hint, never altered. A class,
/// because a value would be copied for every cell that is bound; one owner uses it.
final class ItemDecoder {
  /// One value; text without escapes stays where it is in the item.
  enum Cell {
    case absent
    case integer(Int64)
    case real(Double)
    case slice(Range<Int>)
    case text([UInt8])
    case blob([UInt8])
  }

  private let schema: TableSchema
  private let url: ResourceURL
  /// Flat, because arrays of arrays cost a retain for every look: the names one after the other.
  private let names: [UInt8]
  private let nameEnds: [Int]
  private let affinities: [Affinity]
  /// The place of the column that holds whole items, if the table is of that kind.
  private let documentPlace: Int?
  private(set) var cells: [Cell] = []

  init(_ schema: TableSchema, _ url: ResourceURL) {
    self.schema = schema
    self.url = url
    var names: [UInt8] = []
    var ends = [0]
    for column in schema.columns {
      names += column.name.utf8
      ends.append(names.count)
    }
    self.names = names
    nameEnds = ends
    affinities = schema.columns.map(\.affinity)
    documentPlace =
      switch schema.layout {
      case .columns: nil
      case .document(let place): place
      }
  }

  /// Reads an item into `cells`.
  func read(_ item: [UInt8]) throws(Failure) {
    try readMembers(of: item)
    if let documentPlace { cells[documentPlace] = .slice(0..<item.count) }
    for place in schema.keyPlaces {
      if case .absent = cells[place] {
        throw refusal(place, "is part of the key, and an item lacks it", hint: "Give it a value.")
      }
    }
  }

  /// The values that `cells` mean, with text of their own.
  func values(from item: [UInt8], at places: [Int]) -> [Column] {
    places.map { place in
      switch cells[place] {
      case .absent: .null
      case .integer(let number): .integer(number)
      case .real(let number): .real(number)
      case .slice(let range): .text(Array(item[range]))
      case .text(let bytes): .text(bytes)
      case .blob(let bytes): .blob(bytes)
      }
    }
  }

  /// Binds the cell at `place` as the parameter at `index`.
  func bind(
    _ place: Int, from item: UnsafeRawBufferPointer, to statement: inout Statement, at index: Int
  ) throws(DatabaseError) {
    switch cells[place] {
    case .absent: try statement.bind(.null, at: index)
    case .integer(let number): try statement.bind(number, at: index)
    case .real(let number): try statement.bind(.real(number), at: index)
    case .slice(let range):
      try statement.bind(text: UnsafeRawBufferPointer(rebasing: item[range]), at: index)
    case .text(let bytes): try statement.bind(.text(bytes), at: index)
    case .blob(let bytes): try statement.bind(.blob(bytes), at: index)
    }
  }

  private func readMembers(of item: [UInt8]) throws(Failure) {
    cells.removeAll(keepingCapacity: true)
    cells.append(contentsOf: repeatElement(.absent, count: affinities.count))
    let bytes = item.span
    var scanner = JSONScanner()
    var expected = 0
    do {
      try scanner.enterObject(in: bytes)
      while let name = try scanner.nextMember(in: bytes) {
        guard let place = place(of: name, in: bytes, from: expected) else {
          if documentPlace == nil { throw unknown(name, in: bytes) }
          _ = try scanner.skipValue(in: bytes)
          continue
        }
        guard case .absent = cells[place] else {
          throw refusal(place, "stands in an item twice", hint: "Leave one of them out.")
        }
        try readValue(at: place, &scanner, bytes)
        expected = place + 1
      }
      try scanner.finish(in: bytes)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .permanent(
        "an item for \(url) is not DynamoDB JSON: \(error)", hint: "Look at what produced it.")
    }
  }

  /// Attributes mostly come in the order of the columns, so the search begins where the last ended.
  private func place(of name: JSONSlice, in bytes: Span<UInt8>, from expected: Int) -> Int? {
    if name.hasEscapes {
      guard let text = name.text(in: bytes) else { return nil }
      let plain = Array(text.utf8)
      return place(of: plain.span, 0..<plain.count, from: expected)
    }
    return place(of: bytes, name.range, from: expected)
  }

  private func place(of bytes: Span<UInt8>, _ range: Range<Int>, from expected: Int) -> Int? {
    for offset in 0..<affinities.count {
      var place = expected + offset
      if place >= affinities.count { place -= affinities.count }
      if isName(place, bytes, range) { return place == documentPlace ? nil : place }
    }
    return nil
  }

  private func isName(_ place: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let start = nameEnds[place]
    guard nameEnds[place + 1] - start == range.count else { return false }
    for index in 0..<range.count where names[start + index] != bytes[range.lowerBound + index] {
      return false
    }
    return true
  }

  /// Reads `{"S":"…"}` and its like.
  private func readValue(
    at place: Int, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws {
    try scanner.enterObject(in: bytes)
    guard let type = try scanner.nextMember(in: bytes) else {
      throw refusal(place, "has no type", hint: "An attribute looks like {\"S\":\"text\"}.")
    }
    let tag = type.range.count == 1 ? bytes[type.range.lowerBound] : 0
    if documentPlace != nil { try checkKeyType(tag, place) }
    switch tag {
    case UInt8(ascii: "S"): try readText(at: place, &scanner, bytes)
    case UInt8(ascii: "N"): try readNumber(at: place, &scanner, bytes)
    case UInt8(ascii: "B"):
      let text = try scanner.string(in: bytes)
      guard let blob = Base64.decode(text.bytes(in: bytes)) else {
        throw refusal(place, "is not base64", hint: "Look at what produced the item.")
      }
      cells[place] = .blob(blob)
    case UInt8(ascii: "M"): cells[place] = .text(try readForeignText(at: place, &scanner, bytes))
    case _:
      throw refusal(
        place, "has the type '\(type.text(in: bytes) ?? "?")', which no column holds",
        hint: "Turn it into text or a number with a transform, leave it out if it is NULL, "
          + "or copy to a table made for whole items.")
    }
    guard try scanner.nextMember(in: bytes) == nil else {
      throw refusal(place, "has two types", hint: "Look at what produced the item.")
    }
  }

  private func readText(
    at place: Int, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws {
    let text = try scanner.string(in: bytes)
    if text.hasEscapes {
      guard let plain = text.text(in: bytes) else {
        throw refusal(place, "holds half of a surrogate pair", hint: "No text can hold that.")
      }
      cells[place] = .text(Array(plain.utf8))
    } else {
      cells[place] = .slice(text.range)
    }
    // A number turned into text and back would be another number.
    guard documentPlace == nil, !affinities[place].keepsNumericText else { return }
    if Affinity.looksNumeric(text.bytes(in: bytes)) {
      throw refusal(
        place, "is text that looks like a number, and SQLite would make it one",
        hint: "Write it as a number, or make the column TEXT.")
    }
  }

  private func readNumber(
    at place: Int, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws {
    let text = try scanner.string(in: bytes)
    if documentPlace != nil {
      cells[place] = .slice(text.range)
      return
    }
    let affinity = affinities[place]
    if let number = Self.integer(text.range, bytes) {
      guard affinity.keepsIntegers else {
        throw refusal(
          place, "is a whole number, and SQLite would convert it to the column's type",
          hint: affinity == .real
            ? "Write it with a fraction, such as 1.0, in the transform."
            : "Write it as text in the transform, or make the column INTEGER.")
      }
      cells[place] = .integer(number)
      return
    }
    let plain = text.text(in: bytes) ?? ""
    guard let number = Double(plain), ItemEncoder.text(of: number).utf8.elementsEqual(plain.utf8)
    else {
      let nearest = Double(plain).map { "; the nearest it holds is \(ItemEncoder.text(of: $0))" }
      throw refusal(
        place, "is the number '\(plain)', which SQLite cannot hold exactly\(nearest ?? "")",
        hint: "Keep it as text, or copy to a table made for whole items.")
    }
    guard affinity.keeps(number) else {
      throw refusal(
        place, "is '\(plain)', which SQLite would convert to the column's type",
        hint: "Write it as a whole number or as text in the transform, or make the column REAL.")
    }
    cells[place] = .real(number)
  }

  /// A number written as SQLite would write it back; nil for any other text.
  private static func integer(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Int64? {
    guard !range.isEmpty else { return nil }
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    let digits = (range.lowerBound + (isNegative ? 1 : 0))..<range.upperBound
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    if bytes[digits.lowerBound] == UInt8(ascii: "0"), digits.count > 1 || isNegative { return nil }
    var magnitude: UInt64 = 0
    for index in digits {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      // Nineteen digits always fit.
      magnitude = magnitude * 10 + UInt64(digit)
    }
    if isNegative {
      return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// Text that is not UTF-8, as ``ItemEncoder`` writes it.
  private func readForeignText(
    at place: Int, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws -> [UInt8] {
    let refused = refusal(
      place, "is a map, which no column holds",
      hint: "Turn it into text with a transform, or copy to a table made for whole items.")
    try scanner.enterObject(in: bytes)
    guard let name = try scanner.nextMember(in: bytes), name.equals("sqlite:text", in: bytes) else {
      throw refused
    }
    try scanner.enterObject(in: bytes)
    guard let type = try scanner.nextMember(in: bytes), type.equals("B", in: bytes),
      let text = Base64.decode(try scanner.string(in: bytes).bytes(in: bytes)),
      try scanner.nextMember(in: bytes) == nil, try scanner.nextMember(in: bytes) == nil
    else { throw refused }
    return text
  }

  /// Key columns of a table of whole items say which type the key has.
  private func checkKeyType(_ tag: UInt8, _ place: Int) throws(Failure) {
    let declared = schema.columns[place].declaredType
    guard declared.utf8.first == tag else {
      throw refusal(
        place, "is of another type than the key, \(declared.prefix(1))",
        hint: "Look at what produced the item.")
    }
  }

  private func unknown(_ name: JSONSlice, in bytes: Span<UInt8>) -> Failure {
    let text = name.text(in: bytes) ?? "?"
    return .permanent(
      "\(url) has no column '\(text)', which an item holds",
      hint: "Leave it out or rename it with a transform, or add the column to the target.")
  }

  private func refusal(_ place: Int, _ what: String, hint: String) -> Failure {
    .permanent("\(url): attribute '\(schema.columns[place].name)' \(what)", hint: hint)
  }
}

extension JSONSlice {
  /// The bytes as they stand, escapes included.
  func bytes(in bytes: Span<UInt8>) -> [UInt8] { bytes.copy(range) }
}
