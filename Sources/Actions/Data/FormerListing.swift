import Foundation
import JSON
import Resources

/// What a bucket held before the first change, as a file with a line for each key.
///
/// Written once, before anything is changed; that it is there says that the sync has begun.
struct FormerListing<Row: KeyedRow>: Sendable {
  let path: String

  var isThere: Bool {
    get throws(Failure) { try LineReader(path) != nil }
  }

  /// Keeps the listing; nothing if it was kept already.
  func capture<Walk: KeyedWalk>(_ walk: Walk) async throws(Failure) where Walk.Row == Row {
    guard try !isThere else { return }
    try await WorkFiles.write(path) { file in
      var walk = walk
      while let rows = try await walk.nextPage() {
        var lines: [UInt8] = []
        for row in rows { lines += try Self.line(row) }
        try file.write(contentsOf: lines)
      }
    }
  }

  /// Goes through what comes after a key, or through all.
  func cursor(after key: ObjectKey? = nil) throws(Failure) -> FormerCursor<Row> {
    guard var lines = try LineReader(path) else { return FormerCursor(nil) }
    if let key {
      try lines.seek { line throws(Failure) in !(key < (try Self.row(line, path)).key) }
    }
    return FormerCursor(lines)
  }

  static func line(_ row: Row) throws(Failure) -> [UInt8] {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: row).compact() + [UInt8(ascii: "\n")]
    } catch {
      throw .permanent("cannot write down '\(row.key.text)': \(error)", hint: "Report this bug.")
    }
  }

  static func row(_ line: [UInt8], _ path: String) throws(Failure) -> Row {
    do {
      return try JSONValue(reading: line).decode(as: Row.self)
    } catch {
      throw .permanent(
        "\(path) is damaged: \(error)", hint: "Restore the file from a backup of the work folder.")
    }
  }
}

/// Goes through a former listing once, in the order of the keys.
struct FormerCursor<Row: KeyedRow> {
  private var lines: LineReader?
  private var waiting: Row?

  init(_ lines: LineReader?) { self.lines = lines }

  mutating func peek() throws(Failure) -> Row? {
    if waiting == nil, let line = try lines?.next() {
      waiting = try FormerListing<Row>.row(line, "the former listing")
    }
    return waiting
  }

  mutating func next() throws(Failure) -> Row? {
    let row = try peek()
    waiting = nil
    return row
  }

  /// What stood under a key; keys must be asked for in rising order.
  mutating func row(for key: ObjectKey) throws(Failure) -> Row? {
    while let row = try peek(), row.key < key { waiting = nil }
    guard let row = try peek(), row.key == key else { return nil }
    return row
  }
}
