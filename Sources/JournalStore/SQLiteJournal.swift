internal import Foundation
internal import Resources
internal import Rollouts
internal import SQLite

/// The journal in one SQLite file.
///
/// Every transition is one transaction with one fsync (WAL, `synchronous = FULL`). Any number of
/// processes may read and submit requests; the lease says who drives. Calls run on a queue of the
/// database's own and may be made from any task.
package struct SQLiteJournal: Sendable {
  /// What the caller means to do with the file.
  package enum Access: Sendable {
    /// Make the file and its folder where they are missing, and write.
    case create
    /// Read and write a journal that exists.
    case write
    /// Read only; works in a folder that cannot be written, too.
    case read
  }

  package let path: String
  let database: Database
  private let identity: FileIdentity?

  init(path: String, database: Database, identity: FileIdentity?) {
    self.path = path
    self.database = database
    self.identity = identity
  }

  /// Closes the file; the last process to do so leaves it without a `-wal` beside it.
  package func close() async { await database.close() }

  /// Runs a transaction that writes, all or nothing.
  func write<Value: Sendable>(
    _ body: @Sendable (Connection) throws -> Value
  ) async throws(JournalError) -> Value {
    do {
      return try await database.write { connection in
        // SQLite would go on writing to a file that no path leads to.
        guard identity == nil || identity == FileIdentity(path: path) else {
          throw JournalStoreError.moved
        }
        return try body(connection)
      }
    } catch let error as JournalError {
      throw error
    } catch {
      throw .storage(.journal(error, at: path))
    }
  }

  /// Runs a transaction that reads one unchanging state.
  func read<Value: Sendable>(
    _ body: @Sendable (Connection) throws -> Value
  ) async throws(JournalError) -> Value {
    do {
      return try await database.read(body)
    } catch let error as JournalError {
      throw error
    } catch {
      throw .storage(.journal(error, at: path))
    }
  }
}

/// What tells one file from another that has taken its place.
struct FileIdentity: Sendable, Equatable {
  private let device: UInt64
  private let inode: UInt64

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
