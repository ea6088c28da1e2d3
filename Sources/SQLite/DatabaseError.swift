internal import CSQLite
internal import Foundation

/// Why SQLite refused.
///
/// The SQL is kept for the message, the bound values never: they may be secrets.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The extended result code.
  package let code: Int32
  package let message: String
  /// The statement, or the path when a file could not be opened.
  package let context: String
  /// What the operating system said last (errno), or zero.
  package let systemCode: Int32

  package init(code: Int32, message: String, context: String, systemCode: Int32 = 0) {
    self.code = code
    self.message = message
    self.context = context
    self.systemCode = systemCode
  }

  private static let contextBytesMax = 300

  package var description: String {
    let isLong = context.utf8.count > Self.contextBytesMax
    let shown =
      isLong
      ? String(decoding: context.utf8.prefix(Self.contextBytesMax), as: UTF8.self) + " …" : context
    let reason = systemCode == 0 ? "" : ", \(String(cString: strerror(systemCode)))"
    return "SQLite \(code): \(message)\(reason) (in \(shown))"
  }

  /// SQLITE_IOERR_SHORT_READ, a macro that is not imported: the file is shorter than it says.
  private static let shortRead = SQLITE_IOERR | (2 << 8)
  /// SQLITE_CONSTRAINT_TRIGGER.
  private static let raised = SQLITE_CONSTRAINT | (7 << 8)

  private var primaryCode: Int32 { code & 0xff }

  /// Another connection holds the lock for longer than the busy time-out.
  package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

  /// No room on the disk, or over the quota; the transaction was not written.
  package var isFull: Bool {
    primaryCode == SQLITE_FULL
      || (primaryCode == SQLITE_IOERR && [ENOSPC, EDQUOT, EFBIG].contains(systemCode))
  }

  package var isReadOnly: Bool {
    primaryCode == SQLITE_READONLY || primaryCode == SQLITE_PERM
      || (primaryCode == SQLITE_CANTOPEN && [EACCES, EROFS, EPERM].contains(systemCode))
  }

  package var isCorrupt: Bool {
    primaryCode == SQLITE_CORRUPT || code == Self.shortRead
  }

  package var isNotADatabase: Bool { primaryCode == SQLITE_NOTADB }

  package var isCannotOpen: Bool {
    primaryCode == SQLITE_CANTOPEN || (primaryCode == SQLITE_IOERR && systemCode == EISDIR)
  }

  package var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }

  /// Stopped by `Interrupter` or by the progress handler.
  package var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }

  /// The authorizer refused part of the statement.
  package var isUnauthorized: Bool { primaryCode == SQLITE_AUTH }

  package var isTooBig: Bool { primaryCode == SQLITE_TOOBIG }

  /// A trigger or function of the schema raised it, with the message it chose.
  package var isRaised: Bool { code == Self.raised }
}
