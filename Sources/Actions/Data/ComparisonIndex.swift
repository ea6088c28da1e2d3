import Digests
import Foundation
import Resources
import SQLite

/// What both sides of compared tables held when they were read, in a SQLite file that stays.
///
/// It holds a digest of each item, and how far a comparison has come: one that was interrupted goes
/// on, and a later one needs to judge only what has changed. A page's digests and the position
/// behind it are stored in one transaction. The file is a help and no proof: without it everything
/// is read and judged again. Readable by its owner only.
actor ComparisonIndex {
  enum Side: Int, Sendable {
    case left
    case right
  }

  /// One comparison of one pair.
  struct Round: Sendable {
    let pair: Int
    let number: Int
    /// When the last complete comparison began; nil if this is the first.
    let since: Timestamp?
  }

  struct Entry: Sendable {
    var key: ItemKey
    /// SHA-256 of the canonical item.
    var digest: [UInt8]
  }

  /// Items that a source item should have become.
  struct Expectation: Sendable {
    var source: ItemKey
    var entries: [Entry]
  }

  /// A key under which the sides are not the same.
  struct Difference: Sendable {
    var kind: TableFindings.Kind
    var key: ItemKey
    /// The key of the left's item; nil where only the right has one.
    var source: ItemKey?
  }

  /// What a complete reading has found.
  struct Totals: Sendable {
    var left = 0
    var right = 0
    var missing = 0
    var differing = 0
    var extra = 0
    /// Items of either side that were changed, added or removed since the last comparison.
    var changed = 0
  }

  private static let script = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS pair(
      id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE, left TEXT NOT NULL,
      right TEXT NOT NULL, round INTEGER NOT NULL, token TEXT NOT NULL, begun INTEGER NOT NULL,
      is_done INTEGER NOT NULL, since INTEGER, gone INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS position(
      pair INTEGER NOT NULL, side INTEGER NOT NULL, segment INTEGER NOT NULL, next TEXT,
      PRIMARY KEY (pair, side, segment)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS item(
      pair INTEGER NOT NULL, side INTEGER NOT NULL, key BLOB NOT NULL, digest BLOB NOT NULL,
      seen INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (pair, side, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS expected(
      pair INTEGER NOT NULL, key BLOB NOT NULL, source BLOB NOT NULL, digest BLOB NOT NULL,
      PRIMARY KEY (pair, key, source)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS expected_of_source ON expected(pair, source);
    """

  private let path: String
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

  /// Goes on with the round that `token` began and did not end, or begins a new one.
  func begin(
    _ pair: TablePair, token: String, at now: Timestamp
  ) throws(Failure) -> Round {
    let identity = try Self.identity(of: pair)
    return try write { connection in
      let row = try connection.row(
        "SELECT id, round, token, begun, is_done, since FROM pair WHERE identity = ?1",
        .blob(identity))
      guard let row else {
        try connection.run(
          "INSERT INTO pair VALUES (NULL, ?1, ?2, ?3, 1, ?4, ?5, 0, NULL, 0)", .blob(identity),
          .string(pair.from.text), .string(pair.to.text), .string(token),
          .integer(Int(now.milliseconds)))
        return Round(pair: Int(connection.lastRowID), number: 1, since: nil)
      }
      let id = Int(row[0].integerValue ?? 0)
      let number = Int(row[1].integerValue ?? 0)
      let isDone = row[4].integerValue == 1
      if !isDone, row[2] == .string(token) {
        return Round(pair: id, number: number, since: Self.moment(row[5]))
      }
      let since = isDone ? row[3] : row[5]
      try connection.run("DELETE FROM position WHERE pair = ?1", .integer(id))
      try connection.run(
        """
        UPDATE pair SET round = ?2, token = ?3, begun = ?4, is_done = 0, since = ?5, gone = 0
        WHERE id = ?1
        """, .integer(id), .integer(number + 1), .string(token), .integer(Int(now.milliseconds)),
        since)
      return Round(pair: id, number: number + 1, since: Self.moment(since))
    }
  }

  /// Where a segment goes on; nil inside means at its beginning, nil at all that it is read.
  func position(_ round: Round, _ side: Side, _ segment: Int) throws(Failure) -> PagePosition?? {
    try read { connection in
      guard
        let row = try connection.row(
          "SELECT next FROM position WHERE pair = ?1 AND side = ?2 AND segment = ?3",
          .integer(round.pair), .integer(side.rawValue), .integer(segment))
      else { return .some(nil) }
      return row[0].stringValue.map { .some(PagePosition($0)) } ?? nil
    }
  }

  /// Which of these entries the left held in the same form when they were judged last.
  func known(_ entries: [Entry], _ round: Round) throws(Failure) -> Set<ItemKey> {
    // In one transaction, or each key would take and leave the file's lock.
    try read { connection in
      try connection.read { connection in
        var query = try connection.prepare(
          "SELECT digest FROM item WHERE pair = ?1 AND side = 0 AND key = ?2")
        var found: Set<ItemKey> = []
        for entry in entries {
          try query.bind([.integer(round.pair), .blob(entry.key.bytes)])
          if try query.step(), query.column(0) == .blob(entry.digest) { found.insert(entry.key) }
          query.reset()
        }
        return found
      }
    }
  }

  /// Stores a page; `expectations` replace what stood there for their sources.
  func store(
    _ entries: [Entry], _ expectations: [Expectation], _ round: Round, _ side: Side,
    segment: Int, next: PagePosition?
  ) throws(Failure) {
    try write { connection in
      var insert = try connection.prepare(
        """
        INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT(pair, side, key) DO UPDATE
        SET seen = ?5, changed = iif(digest = ?4, changed, ?5), digest = ?4
        """)
      for entry in entries {
        try insert.run([
          .integer(round.pair), .integer(side.rawValue), .blob(entry.key.bytes),
          .blob(entry.digest), .integer(round.number),
        ])
      }
      for expectation in expectations {
        try connection.run(
          "DELETE FROM expected WHERE pair = ?1 AND source = ?2", .integer(round.pair),
          .blob(expectation.source.bytes))
        for entry in expectation.entries {
          try connection.run(
            "INSERT OR REPLACE INTO expected VALUES (?1, ?2, ?3, ?4)", .integer(round.pair),
            .blob(entry.key.bytes), .blob(expectation.source.bytes), .blob(entry.digest))
        }
      }
      try connection.run(
        "INSERT OR REPLACE INTO position VALUES (?1, ?2, ?3, ?4)", .integer(round.pair),
        .integer(side.rawValue), .integer(segment), .string(next?.text))
    }
  }

  /// Forgets what neither side holds any more and counts; both must have been read to their ends.
  func totals(_ round: Round, isTransformed: Bool) throws(Failure) -> Totals {
    try write { connection in
      try connection.run(
        """
        DELETE FROM expected WHERE pair = ?1 AND source IN
          (SELECT key FROM item WHERE pair = ?1 AND side = 0 AND seen <> ?2)
        """, .integer(round.pair), .integer(round.number))
      let gone = try connection.run(
        "DELETE FROM item WHERE pair = ?1 AND seen <> ?2", .integer(round.pair),
        .integer(round.number))
      try connection.run(
        "UPDATE pair SET gone = gone + ?2 WHERE id = ?1", .integer(round.pair), .integer(gone))
      let wanted = Self.wanted(isTransformed)
      var counts: [Int] = []
      for sql in [
        "SELECT count(*) FROM \(wanted) AS want WHERE want.pair = ?1",
        "SELECT count(*) FROM item WHERE pair = ?1 AND side = 1",
        "SELECT count(*) FROM \(Self.missing(wanted))",
        "SELECT count(*) FROM \(Self.differing(wanted))",
        "SELECT count(*) FROM \(Self.extra(wanted))",
        """
        SELECT (SELECT gone FROM pair WHERE id = ?1)
          + (SELECT count(*) FROM item WHERE pair = ?1 AND changed =
            (SELECT round FROM pair WHERE id = ?1))
        """,
      ] {
        counts.append(Int(try connection.value(sql, .integer(round.pair))?.integerValue ?? 0))
      }
      return Totals(
        left: counts[0], right: counts[1], missing: counts[2], differing: counts[3],
        extra: counts[4], changed: counts[5])
    }
  }

  /// The first differences, missing ones before differing ones before others.
  func differences(
    _ round: Round, isTransformed: Bool, limit: Int
  ) throws(Failure) -> [Difference] {
    let wanted = Self.wanted(isTransformed)
    return try read { connection in
      var found: [Difference] = []
      for (kind, rows) in [
        (TableFindings.Kind.missing, Self.missing(wanted)), (.differing, Self.differing(wanted)),
        (.extra, Self.extra(wanted)),
      ] where found.count < limit {
        for row in try connection.rows(
          "SELECT * FROM \(rows) LIMIT ?2", .integer(round.pair), .integer(limit - found.count))
        {
          guard let key = row[0].bytesValue else { continue }
          found.append(
            Difference(
              kind: kind, key: ItemKey(bytes: key),
              source: row[1].bytesValue.map { ItemKey(bytes: $0) }))
        }
      }
      return found
    }
  }

  /// Ends the round: the next one compares with it.
  func complete(_ round: Round) throws(Failure) {
    try write { connection in
      try connection.run("UPDATE pair SET is_done = 1 WHERE id = ?1", .integer(round.pair))
      try connection.run("DELETE FROM position WHERE pair = ?1", .integer(round.pair))
    }
  }

  // MARK: Parts of statements

  private static func wanted(_ isTransformed: Bool) -> String {
    isTransformed
      ? "expected" : "(SELECT pair, key, key AS source, digest FROM item WHERE side = 0)"
  }

  private static func missing(_ wanted: String) -> String {
    """
    (SELECT want.key, want.source FROM \(wanted) AS want WHERE want.pair = ?1 AND NOT EXISTS
      (SELECT 1 FROM item WHERE pair = ?1 AND side = 1 AND key = want.key))
    """
  }

  private static func differing(_ wanted: String) -> String {
    """
    (SELECT want.key, want.source FROM \(wanted) AS want JOIN item AS there
      ON there.pair = ?1 AND there.side = 1 AND there.key = want.key
      WHERE want.pair = ?1 AND there.digest <> want.digest)
    """
  }

  private static func extra(_ wanted: String) -> String {
    """
    (SELECT there.key, NULL FROM item AS there WHERE there.pair = ?1 AND there.side = 1
      AND NOT EXISTS
        (SELECT 1 FROM \(wanted) AS want WHERE want.pair = ?1 AND want.key = there.key))
    """
  }

  // MARK: Access

  private static func identity(of pair: TablePair) throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return Digest.sha256(Array(try encoder.encode(pair)))
    } catch {
      throw .permanent(
        "a pair of tables cannot be written down: \(error)", hint: "Report this bug.")
    }
  }

  private static func moment(_ column: Column) -> Timestamp? {
    column.integerValue.map { Timestamp(milliseconds: $0) }
  }

  private func read<Answer>(_ body: (Connection) throws -> Answer) throws(Failure) -> Answer {
    do {
      return try body(connection)
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent("\(path): \(error)", hint: "Report this bug.")
    }
  }

  private func write<Answer>(_ body: (Connection) throws -> Answer) throws(Failure) -> Answer {
    try read { connection in try connection.write { try body($0) } }
  }

  private static func failure(_ path: String, _ error: DatabaseError) -> Failure {
    .permanent(
      "cannot keep what was compared in \(path): \(error.message)",
      hint: "Make room or give the right to write there; if the file is damaged, delete it: then "
        + "everything is compared again.")
  }
}
