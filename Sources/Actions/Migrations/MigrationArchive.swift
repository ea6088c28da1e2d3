import Digests
import Foundation
import JSON
import Resources
import SQLite

/// What a migration changed, in a SQLite file of the step: all that its undo needs.
///
/// Before a page is written, its changes are stored here in one transaction: what each key held
/// (byte for byte) and the digest of what it shall hold; and the page itself, so that one whose
/// writing was interrupted is written to its end instead of being read and judged again.
/// How far a segment has come stands here too, and counts before any checkpoint, which may be older.
/// Anyone can look into the file with `sqlite3`. Readable by its owner only.
actor MigrationArchive {
  /// What was recorded of one key.
  struct Change: Sendable {
    var key: ItemKey
    var former: Item?
    /// SHA-256 of the canonical new item; nil where the item went.
    var new: [UInt8]?
  }

  private static let script = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS change(
      target INTEGER NOT NULL, key BLOB NOT NULL, former BLOB, former_is_canonical INTEGER,
      new_digest BLOB, PRIMARY KEY (target, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS redo(
      segment INTEGER PRIMARY KEY, start TEXT, next TEXT, before TEXT NOT NULL,
      is_done INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS loser(id INTEGER PRIMARY KEY, item TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS reject(
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS answer(
      key BLOB PRIMARY KEY, source_digest BLOB NOT NULL, answer_digest BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  nonisolated let path: String
  private let connection: Connection

  /// Opens or makes the file, and its folder.
  init(at path: String) throws(Failure) {
    self.path = path
    try WorkFiles.makeFolder((path as NSString).deletingLastPathComponent)
    try WorkFiles.mark(path)
    do throws(DatabaseError) {
      connection = try Connection(.file(path), mode: .create)
      try connection.execute(Self.script)
    } catch {
      throw Self.failure(path, error)
    }
  }

  static func path(in folder: String) -> String { "\(folder)/migration.db" }

  static func exists(at path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Stores a page with its changes before it is written, in place of the segment's last one.
  func store(
    _ page: MigrationPage, of segment: MigrationCheckpoint.Segment, index: Int,
    urls: [ResourceURL], _ answers: [MigrationAnswer]
  ) throws(Failure) {
    var rows: [[Column]] = []
    for write in page.entries.flatMap(\.writes) where write.kind == .change {
      var digest = Column.null
      if let new = write.new {
        digest = .blob(Digest.sha256(try new.canonical(of: urls[write.target])))
      }
      rows.append([
        .integer(write.target), .blob(write.key.bytes),
        write.former.map { .blob($0.bytes) } ?? .null,
        write.former.map { .integer($0.isCanonical ? 1 : 0) } ?? .null, digest,
      ])
    }
    let losers = page.entries.filter { $0.outcome == .skip(MigrationResolver.lostReason) }
      .map { String(decoding: $0.source.bytes, as: UTF8.self) }
    let body = page.bytes()
    let before = try Self.text(segment)
    try write { connection in
      var insert = try connection.prepare(
        """
        INSERT INTO change VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT(target, key)
        DO UPDATE SET former = ?3, former_is_canonical = ?4, new_digest = ?5
        """)
      for row in rows { try insert.run(row) }
      for item in losers {
        try connection.run("INSERT OR IGNORE INTO loser(item) VALUES (?1)", .string(item))
      }
      var note = try connection.prepare("INSERT OR REPLACE INTO answer VALUES (?1, ?2, ?3)")
      for answer in answers {
        try note.run([.blob(answer.key.bytes), .blob(answer.source), .blob(answer.answer)])
      }
      try connection.run(
        "INSERT OR REPLACE INTO redo VALUES (?1, ?2, ?3, ?4, 0, ?5)", .integer(index),
        .string(page.start?.text), .string(page.next?.text), .string(before), .blob(body))
    }
  }

  /// Records that a segment has come to its end.
  func complete(_ segment: MigrationCheckpoint.Segment, index: Int) throws(Failure) {
    let text = try Self.text(segment)
    try write { connection in
      try connection.run(
        "UPDATE redo SET is_done = 1, before = ?2, body = x'' WHERE segment = ?1",
        .integer(index), .string(text))
    }
  }

  /// Where each segment that was begun goes on.
  func segments() throws(Failure) -> [Int: MigrationCheckpoint.Segment] {
    do {
      var found: [Int: MigrationCheckpoint.Segment] = [:]
      for row in try connection.rows("SELECT segment, before FROM redo") {
        let text = row[1].bytesValue ?? []
        found[Int(row[0].integerValue ?? 0)] = try JSONValue(reading: text).decode()
      }
      return found
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent(
        "\(path) holds what no migration wrote: \(error)",
        hint: "The rollout was begun by another version; carry on with that one.")
    }
  }

  private static func text(
    _ segment: MigrationCheckpoint.Segment
  ) throws(Failure) -> String {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: segment).text
    } catch {
      throw .permanent("a segment cannot be written down: \(error)", hint: "Report this bug.")
    }
  }

  /// Takes back what was recorded of keys that turned out to hold something else.
  func forget(_ keys: [(target: Int, key: ItemKey)]) throws(Failure) {
    guard !keys.isEmpty else { return }
    try write { connection in
      for (target, key) in keys {
        try connection.run(
          "DELETE FROM change WHERE target = ?1 AND key = ?2", .integer(target), .blob(key.bytes))
      }
    }
  }

  /// The page that was stored last for a segment, if it begins at this position.
  func unfinished(
    segment: Int, at position: PagePosition?
  ) throws(Failure) -> MigrationPage? {
    do throws(DatabaseError) {
      guard
        let row = try connection.row(
          "SELECT start, next, body FROM redo WHERE segment = ?1 AND NOT is_done",
          .integer(segment)),
        row[0] == .string(position?.text), let body = row[2].bytesValue
      else { return nil }
      guard
        let page = MigrationPage(
          bytes: body, start: position, next: row[1].stringValue.map { PagePosition($0) })
      else { throw DatabaseError(code: 11, message: "a page is damaged", context: path) }
      return page
    } catch {
      throw Self.failure(path, error)
    }
  }

  /// What was recorded of these keys, in their order.
  func changes(_ keys: [ItemKey], of target: Int) throws(Failure) -> [Change?] {
    do {
      // In one transaction, or each key would take and leave the file's lock.
      return try connection.read { connection in
        var query = try connection.prepare(
          """
          SELECT key, former, former_is_canonical, new_digest FROM change
          WHERE target = ?1 AND key = ?2
          """)
        var found: [Change?] = []
        for key in keys {
          try query.bind([.integer(target), .blob(key.bytes)])
          found.append(try query.step() ? Self.change(query.row()) : nil)
          query.reset()
        }
        return found
      }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent("\(path): \(error)", hint: "Report this bug.")
    }
  }

  /// The next changes of a target behind a key, in the order of keys.
  func changes(
    of target: Int, after key: ItemKey?, limit: Int
  ) throws(Failure) -> [Change] {
    do throws(DatabaseError) {
      return try connection.rows(
        """
        SELECT key, former, former_is_canonical, new_digest FROM change
        WHERE target = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3
        """, .integer(target), key.map { .blob($0.bytes) } ?? .null, .integer(limit)
      ).compactMap { Self.change($0) }
    } catch {
      throw Self.failure(path, error)
    }
  }

  func reject(_ rejects: [(key: String, reason: String)]) throws(Failure) {
    guard !rejects.isEmpty else { return }
    try write { connection in
      for (key, reason) in rejects {
        try connection.run(
          "INSERT OR REPLACE INTO reject(key, reason) VALUES (?1, ?2)", .string(key),
          .string(reason))
      }
    }
  }

  func hasRejects() throws(Failure) -> Bool {
    try !rejects(limit: 1).isEmpty
  }

  /// Takes back that items were rejected, which are judged again.
  func pardon(_ keys: [String]) throws(Failure) {
    guard !keys.isEmpty else { return }
    try write { connection in
      for key in keys {
        try connection.run("DELETE FROM reject WHERE key = ?1", .string(key))
      }
    }
  }

  /// Keys and reasons of what was rejected, the first ones.
  func rejects(limit: Int) throws(Failure) -> [(key: String, reason: String)] {
    do throws(DatabaseError) {
      return try connection.rows(
        "SELECT key, reason FROM reject ORDER BY id LIMIT ?1", .integer(limit)
      ).map { ($0[0].stringValue ?? "", $0[1].stringValue ?? "") }
    } catch {
      throw Self.failure(path, error)
    }
  }

  /// The next answers behind a key, in the order of keys.
  func answers(after key: ItemKey?, limit: Int) throws(Failure) -> [MigrationAnswer] {
    do throws(DatabaseError) {
      return try connection.rows(
        """
        SELECT key, source_digest, answer_digest FROM answer WHERE ?1 IS NULL OR key > ?1
        ORDER BY key LIMIT ?2
        """, key.map { .blob($0.bytes) } ?? .null, .integer(limit)
      ).compactMap { row in
        guard let key = row[0].bytesValue, let source = row[1].bytesValue,
          let answer = row[2].bytesValue
        else { return nil }
        return MigrationAnswer(key: ItemKey(bytes: key), source: source, answer: answer)
      }
    } catch {
      throw Self.failure(path, error)
    }
  }

  private static func change(_ row: [Column]) -> Change? {
    guard let key = row[0].bytesValue else { return nil }
    return Change(
      key: ItemKey(bytes: key),
      former: row[1].bytesValue.map { Item(bytes: $0, isCanonical: row[2].integerValue == 1) },
      new: row[3].bytesValue)
  }

  private func write(_ body: (Connection) throws -> Void) throws(Failure) {
    do {
      try connection.write { try body($0) }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent("\(path): \(error)", hint: "Report this bug.")
    }
  }

  private static func failure(_ path: String, _ error: DatabaseError) -> Failure {
    .permanent(
      "cannot keep what undo needs in \(path): \(error.message)",
      hint: "Make room or give the right to write there, then 'cutover retry'.")
  }
}
