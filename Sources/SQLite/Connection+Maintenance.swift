internal import CSQLite

extension Connection {
  /// Sets what a database that must survive power loss needs: WAL, and an fsync for each commit.
  ///
  /// Refused where the file system cannot do WAL, rather than carried on with less.
  package func makeDurable() throws(DatabaseError) {
    let mode = try value("PRAGMA journal_mode = WAL")?.stringValue ?? ""
    // A database in memory has no journal file.
    guard mode == "wal" || location == .memory else {
      throw .misuse("write-ahead logging is not available here (mode is \(mode))", in: "WAL")
    }
    try execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
  }

  /// The number that says whose file this is (SQLite's `application_id`), zero when no one's.
  package func applicationID() throws(DatabaseError) -> Int32 {
    Int32(truncatingIfNeeded: try value("PRAGMA application_id")?.integerValue ?? 0)
  }

  package func setApplicationID(_ number: Int32) throws(DatabaseError) {
    try run("PRAGMA application_id = \(number)")
  }

  package func userVersion() throws(DatabaseError) -> Int {
    Int(try value("PRAGMA user_version")?.integerValue ?? 0)
  }

  package func setUserVersion(_ number: Int) throws(DatabaseError) {
    try run("PRAGMA user_version = \(number)")
  }

  /// What SQLite finds wrong with the file, at most `problemsMax`; empty when it is sound.
  package func integrityProblems(problemsMax: Int) throws(DatabaseError) -> [String] {
    do throws(DatabaseError) {
      let found = try rows("PRAGMA integrity_check(\(problemsMax))")
        .compactMap { $0.first?.stringValue }
      return found == ["ok"] ? [] : found
    } catch  where error.isCorrupt || error.isNotADatabase {
      // Some damage stops the check itself.
      return [error.message]
    }
  }

  /// Copies the whole database into `target`, page by page, while others may go on writing.
  ///
  /// `stepped` hears the pages left and in all after each portion. The target is overwritten.
  package func backUp(
    into target: Connection, pagesPerStep: Int, stepped: (_ left: Int, _ total: Int) -> Void
  ) throws(DatabaseError) {
    target.core.forgetStatements()
    guard let backup = sqlite3_backup_init(target.core.handle, "main", core.handle, "main") else {
      throw target.core.failure(sqlite3_extended_errcode(target.core.handle), "backup")
    }
    var code = SQLITE_OK
    var waits = 0
    while code != SQLITE_DONE {
      code = sqlite3_backup_step(backup, Int32(clamping: pagesPerStep))
      switch code & 0xff {
      case SQLITE_OK, SQLITE_DONE:
        stepped(Int(sqlite3_backup_remaining(backup)), Int(sqlite3_backup_pagecount(backup)))
        waits = 0
      case SQLITE_BUSY, SQLITE_LOCKED:
        waits += 1
        if waits < Self.backupWaitsMax {
          sqlite3_sleep(Self.backupWaitMilliseconds)
          continue
        }
        fallthrough
      default:
        sqlite3_backup_finish(backup)
        throw target.core.failure(code, "backup")
      }
    }
    let finished = sqlite3_backup_finish(backup)
    guard finished == SQLITE_OK else { throw target.core.failure(finished, "backup") }
  }

  private static let backupWaitsMax = 200
  private static let backupWaitMilliseconds: Int32 = 25
}
