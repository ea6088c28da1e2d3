internal import Foundation
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  /// Opens the journal, or says what stands in its place; another program's file is never touched.
  package static func open(
    _ path: String, for access: Access
  ) async throws(JournalError) -> SQLiteJournal {
    do {
      switch access {
      case .create:
        try create(path)
        return try await openForWriting(path)
      case .write:
        guard FileManager.default.fileExists(atPath: path) else { throw JournalStoreError.missing }
        return try await openForWriting(path)
      case .read:
        guard FileManager.default.fileExists(atPath: path) else { throw JournalStoreError.missing }
        return try await openForReading(path)
      }
    } catch let error as JournalError {
      throw error
    } catch {
      throw .storage(.journal(error, at: path))
    }
  }

  private static func openForWriting(_ path: String) async throws -> SQLiteJournal {
    let database = try await Database.open(.file(path), mode: .write) { connection in
      try refuseForeign(connection)
      try connection.makeDurable()
      try Schema.migrations.apply(to: connection)
    }
    return SQLiteJournal(path: path, database: database, identity: FileIdentity(path: path))
  }

  private static func openForReading(_ path: String) async throws -> SQLiteJournal {
    let check: @Sendable (Connection) throws -> Void = { connection in
      try refuseForeign(connection)
      let pending = try Schema.migrations.pendingCount(in: connection)
      guard pending == 0 else {
        let known = Schema.migrations.version
        throw pending == known
          ? JournalStoreError.empty
          : JournalStoreError.older(found: known - pending, known: known)
      }
    }
    do {
      let database = try await Database.open(.file(path), mode: .read, prepare: check)
      return SQLiteJournal(path: path, database: database, identity: nil)
    } catch let error as DatabaseError where error.isCannotOpen || error.isReadOnly {
      // A folder where not even the lock file can be made; that is safe while no one writes, and
      // whoever writes has left a -wal there.
      guard !FileManager.default.fileExists(atPath: path + "-wal") else { throw error }
      let database = try await Database.open(.file(path), mode: .readFrozen, prepare: check)
      return SQLiteJournal(path: path, database: database, identity: nil)
    }
  }

  /// Throws unless the file is empty or ours.
  private static func refuseForeign(_ connection: Connection) throws {
    let number = try connection.applicationID()
    guard number != Schema.applicationID else { return }
    let tables = try connection.value("SELECT count(*) FROM sqlite_schema")
    guard number == 0, tables == 0, try connection.userVersion() == 0 else {
      throw JournalStoreError.foreign
    }
  }

  /// Makes an empty file that only its owner can read, unless there is a file.
  private static func create(_ path: String) throws(JournalStoreError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: folderPermissions])
    } catch {
      throw .cannotCreate("its folder \(folder.path) cannot be made")
    }
    let file = Foundation.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, filePermissions)
    guard file >= 0 else {
      if errno == EEXIST { return }
      throw .cannotCreate(String(cString: strerror(errno)))
    }
    Foundation.close(file)
    // Without this the name itself could be lost with the power, and the facts with it.
    let directory = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    Foundation.close(directory)
  }

  /// Plans and reports name what a company runs; no one else needs to read them.
  private static let filePermissions: mode_t = 0o600
  private static let folderPermissions = 0o700
}
