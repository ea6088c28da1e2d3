import Resources
import SQLite

extension Failure {
  /// What SQLite's refusal means for a person.
  init(_ error: DatabaseError, _ url: ResourceURL) {
    let summary = "\(url): \(error)"
    if error.isBusy {
      self = .transient(
        "\(url) is locked by another program: \(error.message)",
        hint: "Tried again by itself; end the other program's transaction if it lasts.")
    } else if error.isFull {
      self = .permanent(
        "\(url): the disk is full; nothing of this batch was written",
        hint: "Free some space there, then 'cutover retry'.")
    } else if error.isReadOnly {
      self = .refused(
        "\(url) cannot be written: \(error.message)",
        hint: "Make the file and its folder writable for this user, then 'cutover retry'.")
    } else if error.isNotADatabase {
      self = .permanent("\(url) is no SQLite database", hint: "Check the path.")
    } else if error.isCorrupt {
      self = .permanent(
        "\(url) is damaged: \(error.message)",
        hint: "Run 'PRAGMA integrity_check' on it, and restore it before you carry on.")
    } else if error.isCannotOpen {
      self = .permanent(
        "\(url) cannot be opened: \(error)", hint: "Check the path and its permissions.")
    } else if error.isConstraint {
      self = .permanent(
        "\(url) refuses a row: \(error.message)",
        hint: "Nothing of this batch was written. Change the transform, or the target's schema.")
    } else if error.isTooBig {
      self = .permanent("\(url): a row is larger than SQLite takes", hint: "Split the row.")
    } else if error.isInterrupted {
      self = .cancelled
    } else {
      self = .permanent(summary, hint: "Look at the table's definition with 'sqlite3'.")
    }
  }

  /// Runs SQLite calls on behalf of a resource.
  static func onDatabase<Value>(
    _ url: ResourceURL, _ body: () throws -> Value
  ) throws(Failure) -> Value {
    do {
      return try body()
    } catch let error as Failure {
      throw error
    } catch let error as DatabaseError {
      throw Failure(error, url)
    } catch {
      throw .permanent("\(url): \(error)", hint: "This was not expected; please report it.")
    }
  }
}
