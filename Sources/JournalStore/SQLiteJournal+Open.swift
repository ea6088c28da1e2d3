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
    try refuseReadOnly(path)
    try refuseStump(path)
    let database = try await Database.open(.file(path), mode: .write) { connection in
      try refuseForeign(connection)
      // Looked at before anything is set, so that a refused file stays as it is.
      _ = try Schema.migrations.pendingCount(in: connection)
      try connection.makeDurable()
      try Schema.migrations.apply(to: connection)
    }
    return SQLiteJournal(path: path, database: database, identity: FileIdentity(path: path))
  }

  private static func openForReading(_ path: String) async throws -> SQLiteJournal {
    try refuseStump(path)
    let check: @Sendable (Connection) throws -> Void = { connection in
      try refuseForeign(connection)
      let pending = try Schema.migrations.pendingCount(in: connection)
      let known = Schema.migrations.version
      guard known - pending >= Schema.readableSince else {
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

  /// Throws when the file was cut: of less than a header SQLite would think that it is empty, and
  /// begin anew over what may be saved yet; an empty page cut at its end it would not miss.
  private static func refuseStump(_ path: String) throws(JournalStoreError) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    guard status.st_size == 0 || status.st_size >= headerBytes else {
      throw .damaged("it was cut to \(status.st_size) bytes")
    }
    // Beside a write-ahead log the file may be shorter than its header says.
    let hasLog = { access(path + "-wal", F_OK) == 0 }
    guard status.st_size > 0, !hasLog(), let expected = expectedBytes(path),
      stat(path, &status) == 0, status.st_size < expected, !hasLog()
    else { return }
    throw .damaged("it was cut from \(expected) to \(status.st_size) bytes")
  }

  private static let headerBytes = 512

  /// The file's size as its header says (https://sqlite.org/fileformat2.html, section 1.3); nil
  /// where it does not.
  private static func expectedBytes(_ path: String) -> Int? {
    guard let file = FileHandle(forReadingAtPath: path),
      let header = try? file.read(upToCount: 100), header.count == 100,
      header.starts(with: "SQLite format 3\0".utf8)
    else { return nil }
    let number = { (range: Range<Int>) in header[range].reduce(0) { $0 << 8 | Int($1) } }
    // The count is only valid for the change that it was noted with.
    guard number(24..<28) == number(92..<96) else { return nil }
    let pageBytes = number(16..<18) == 1 ? 65536 : number(16..<18)
    return pageBytes * number(28..<32)
  }

  /// Throws unless the file is empty or ours; one snapshot, since another process may be making it.
  private static func refuseForeign(_ connection: Connection) throws {
    try connection.read { connection in
      let number = try connection.applicationID()
      guard number != Schema.applicationID else { return }
      let tables = try connection.value("SELECT count(*) FROM sqlite_schema")
      guard number == 0, tables == 0, try connection.userVersion() == 0 else {
        throw JournalStoreError.foreign
      }
    }
  }

  /// Throws where SQLite would quietly open for reading.
  private static func refuseReadOnly(_ path: String) throws(JournalStoreError) {
    for place in [path, URL(fileURLWithPath: path).deletingLastPathComponent().path]
    where access(place, W_OK) != 0 {
      throw .readOnly("\(place): \(String(cString: strerror(errno)))")
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
