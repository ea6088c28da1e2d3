import Foundation
import JSON
import Resources

/// What a bucket held before the first change, as a file with a line for each object.
///
/// Written once, before anything is changed; that it is there says that the sync has begun.
struct FormerListing: Sendable {
  let path: String

  var isThere: Bool {
    get throws(Failure) { try LineReader(path) != nil }
  }

  /// Keeps the listing; nothing if it was kept already.
  func capture(_ walk: BucketWalk) async throws(Failure) {
    guard try !isThere else { return }
    try await WorkFiles.write(path) { file in
      var walk = walk
      while let entries = try await walk.nextPage() {
        var lines: [UInt8] = []
        for entry in entries { lines += try Self.line(entry) }
        try file.write(contentsOf: lines)
      }
    }
  }

  /// Goes through what comes after a key, or through all.
  func cursor(after key: ObjectKey? = nil) throws(Failure) -> FormerCursor {
    guard var lines = try LineReader(path) else { return FormerCursor(nil) }
    if let key {
      try lines.seek { line throws(Failure) in !(key < (try Self.entry(line, path)).key) }
    }
    return FormerCursor(lines)
  }

  static func line(_ entry: ObjectEntry) throws(Failure) -> [UInt8] {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: entry).compact() + [UInt8(ascii: "\n")]
    } catch {
      throw .permanent("cannot write down '\(entry.key.text)': \(error)", hint: "Report this bug.")
    }
  }

  static func entry(_ line: [UInt8], _ path: String) throws(Failure) -> ObjectEntry {
    do {
      return try JSONValue(reading: line).decode(as: ObjectEntry.self)
    } catch {
      throw .permanent(
        "\(path) is damaged: \(error)", hint: "Restore the file from a backup of the work folder.")
    }
  }
}

/// Goes through a former listing once, in the order of the keys.
struct FormerCursor {
  private var lines: LineReader?
  private var waiting: ObjectEntry?

  init(_ lines: LineReader?) { self.lines = lines }

  mutating func peek() throws(Failure) -> ObjectEntry? {
    if waiting == nil, let line = try lines?.next() {
      waiting = try FormerListing.entry(line, "the former listing")
    }
    return waiting
  }

  mutating func next() throws(Failure) -> ObjectEntry? {
    let entry = try peek()
    waiting = nil
    return entry
  }

  /// The object of that name; keys must be asked for in rising order.
  mutating func entry(for key: ObjectKey) throws(Failure) -> ObjectEntry? {
    while let entry = try peek(), entry.key < key { waiting = nil }
    guard let entry = try peek(), entry.key == key else { return nil }
    return entry
  }
}
