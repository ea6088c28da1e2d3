internal import Resources
internal import Rollouts
internal import SQLite

/// What can be wrong with a journal file or with what should go into it.
enum JournalStoreError: Error {
  /// The value does not fit.
  case unstorable(String)
  /// The file holds something that this program never wrote.
  case damaged(String)
  /// The file belongs to another program.
  case foreign
  /// The file holds no journal yet.
  case empty
  case newer(found: Int, known: Int)
  case older(found: Int, known: Int)
  case missing
  /// The folder or the file could not be made.
  case cannotCreate(String)
  /// The file or its folder may not be written.
  case readOnly(String)
  /// The path leads to another file than the one that is open, or to none.
  case moved
  /// The rollout, request or environment is not as the call needs it.
  case refused(String, hint: String)
}

extension Failure {
  /// What went wrong with the journal at `path`, and what to do about it.
  static func journal(_ error: any Error, at path: String) -> Failure {
    switch error {
    case let error as JournalStoreError: journal(error, path)
    case let error as DatabaseError: journal(error, path)
    case let error as Migrations.NewerSchema:
      journal(.newer(found: error.found, known: error.known), path)
    case let error as Failure: error
    default:
      .permanent("the journal \(path) failed: \(error)", hint: "Nothing was written.")
    }
  }

  private static func journal(_ error: JournalStoreError, _ path: String) -> Failure {
    switch error {
    case .unstorable(let what):
      .refused("the journal \(path) cannot hold this: \(what)", hint: "Nothing was written.")
    case .damaged(let what):
      .permanent("the journal \(path) is damaged: \(what)", hint: repairHint)
    case .foreign:
      .refused(
        "\(path) is a SQLite file of another program",
        hint: "Name another file with --journal; this one was not touched.")
    case .empty:
      .refused(
        "\(path) holds no journal yet", hint: "It is made when the first rollout is run.")
    case .newer(let found, let known):
      .refused(
        "the journal \(path) was written by a later version of cutover "
          + "(schema \(found), this program knows \(known))",
        hint: "Use that version; this one has touched nothing.")
    case .older(let found, let known):
      .refused(
        "the journal \(path) has the older schema \(found) (this program uses \(known)), "
          + "and it cannot be written here",
        hint: "Copy it to where it can be written, and open it there once.")
    case .missing:
      .refused(
        "there is no journal at \(path)",
        hint: "Name it with --journal, or start with 'cutover run'.")
    case .cannotCreate(let reason):
      .refused(
        "the journal \(path) cannot be made: \(reason)",
        hint: "Name a file in a folder that can be written with --journal.")
    case .readOnly(let reason):
      .refused(
        "the journal \(path) cannot be written (\(reason))",
        hint: "Give yourself the right to write the file and its folder.")
    case .moved:
      .permanent(
        "the journal \(path) was moved, replaced or removed while it was in use",
        hint: "Put it back and carry on with 'cutover resume'; nothing was written.")
    case .refused(let summary, let hint): .refused(summary, hint: hint)
    }
  }

  private static func journal(_ error: DatabaseError, _ path: String) -> Failure {
    if error.isFull {
      return .permanent(
        "there is no room left for the journal \(path)",
        hint: "The step that was under way was not half written. Make room on the disk, then "
          + "'cutover resume'.")
    }
    if error.isReadOnly { return journal(.readOnly(error.message), path) }
    if error.isBusy {
      return .transient(
        "another process keeps the journal \(path) locked",
        hint: "Try again; if it stays so, look for a sqlite3 shell with an open transaction.")
    }
    if error.isNotADatabase {
      return .refused(
        "\(path) is not a journal (not even a SQLite file)",
        hint: "Name another file with --journal; this one was not touched.")
    }
    if error.isCorrupt {
      return .permanent("the journal \(path) is damaged: \(error.message)", hint: repairHint)
    }
    if error.isCannotOpen {
      return .refused(
        "the journal \(path) cannot be opened: \(error)", hint: "Check the path and its rights.")
    }
    return .permanent("the journal \(path) failed: \(error)", hint: repairHint)
  }

  private static let repairHint =
    "See what is left with 'cutover journal verify', keep a copy of the file with its -wal, and "
    + "restore it from a backup."
}
