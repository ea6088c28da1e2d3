import Digests
import Foundation
import Glibc
import Resources

/// The folder of a stack: what is there, and the ways to make, lock and remove it.
struct InstanceFolder: Sendable {
  enum Finding {
    /// There surely is none.
    case absent
    case ours(StackRecord)
  }

  private static let lockName = "lock"
  private static let draftMark = ".cutover-"

  let url: ResourceURL
  /// As the URL names it, but through no symbolic link above the last part.
  let path: String

  init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    let parts = try LocalPath.path(of: url).split(separator: "/").filter { $0 != "." }
    guard let name = parts.last else {
      throw .permanent("\(url) names no folder", hint: "Write process:///path/from/the/root.")
    }
    let parent = Self.resolved("/" + parts.dropLast().joined(separator: "/"))
    path = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  /// The path through no symbolic link, as far down as there is something.
  private static func resolved(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard path.utf8.count > 1, let name = path.split(separator: "/").last else { return path }
    let parent = resolved(DurableFile.parent(of: path))
    return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  /// Says what is there; a folder that is not ours is refused.
  func find() throws(Failure) -> Finding {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return .absent }
      throw .system(errno, "\(url) cannot be looked at")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw foreign("is not a folder")
    }
    guard let record = try StackRecord.read(in: path) else {
      throw foreign("is there already, without the mark of a stack (\(StackRecord.fileName))")
    }
    guard record.folder.utf8.elementsEqual(path.utf8) else {
      throw foreign("is a copy of the stack in '\(record.folder)', or was moved from there")
    }
    return .ours(record)
  }

  private func foreign(_ why: String) -> Failure {
    .refused(
      "\(url) \(why), so it is not touched",
      hint: "Name another folder for the stack, or move this one away yourself.")
  }

  // MARK: Making

  /// Puts a complete instance in place in one step; false when somebody else was faster.
  func create(
    _ record: StackRecord, _ fill: (_ draft: String) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    let parent = DurableFile.parent(of: path)
    try DurableFile.makeFolders(parent)
    try sweep()
    let draft = sibling("new", Hex.text(Randomness.bytes(8)))
    do throws(Failure) {
      for folder in [draft, "\(draft)/run", "\(draft)/logs"] {
        guard mkdir(folder, 0o750) == 0 else {
          throw Failure.system(errno, "the folder '\(folder)' cannot be made")
        }
      }
      try fill(draft)
      try record.write(in: draft)
      // A folder goes over nothing but an empty folder: what came meanwhile stays.
      guard rename(draft, path) == 0 else {
        if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR {
          try remove(draft)
          return false
        }
        throw Failure.system(errno, "\(url) cannot be made")
      }
    } catch {
      try? FileManager.default.removeItem(atPath: draft)
      throw error
    }
    try DurableFile.synchronise(folder: parent)
    return true
  }

  private func sibling(_ what: String, _ end: String) -> String {
    let (parent, name) = (DurableFile.parent(of: path), path.split(separator: "/").last ?? "")
    return "\(parent == "/" ? "" : parent)/.\(name)\(Self.draftMark)\(what)-\(end)"
  }

  /// Removes what an interrupted creation or removal of this very stack left beside it.
  func sweep() throws(Failure) {
    let parent = DurableFile.parent(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for what in ["new", "gone"] {
      let start = sibling(what, "")
      for name in names {
        let full = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
        let end = full.dropFirst(start.count)
        guard full.hasPrefix(start), end.count == 16, Hex.decode(String(end)) != nil else {
          continue
        }
        // The draft of a process that is still at work: it fails, and tries again.
        try remove(full)
      }
    }
  }

  // MARK: Locking

  /// Who holds it is the only one to change the instance; given back when the process ends.
  final class Lock: Sendable {
    private let number: Int32
    init(_ number: Int32) { self.number = number }

    deinit {
      // A program that is being started holds a copy for a moment; closing ours would not do.
      flock(number, LOCK_UN)
      close(number)
    }
  }

  /// Nil while another one has it, or when the folder was replaced meanwhile.
  func lock() throws(Failure) -> Lock? {
    let name = "\(path)/\(Self.lockName)"
    let number = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else {
      if errno == ENOENT { return nil }
      throw .system(errno, "\(url) cannot be locked")
    }
    let lock = Lock(number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK || errno == EINTR { return nil }
      throw .system(errno, "\(url) cannot be locked")
    }
    var (held, named) = (stat(), stat())
    guard fstat(number, &held) == 0, stat(name, &named) == 0, held.st_ino == named.st_ino else {
      return nil
    }
    return lock
  }

  /// Whether another one is changing the instance.
  func isLocked() throws(Failure) -> Bool {
    let number = open("\(path)/\(Self.lockName)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else {
      if errno == ENOENT { return false }
      throw .system(errno, "\(url) cannot be looked at")
    }
    let look = Lock(number)
    defer { withExtendedLifetime(look) {} }
    return flock(number, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  // MARK: Changing

  static func log(in folder: String, _ service: String) -> String {
    "\(folder)/logs/\(service).log"
  }

  /// Makes what is wanted the instance's own, durably, before anything is started for it.
  func adopt(_ record: StackRecord, former: StackRecord) throws(Failure) {
    if access(record.templateCopy, F_OK) != 0 {
      let draft = "\(path)/incoming-\(Hex.text(Randomness.bytes(8)))"
      try TemplateTree.copy(record.template, to: draft, digest: record.files)
      guard rename(draft, record.templateCopy) == 0 else {
        throw .system(errno, "'\(record.templateCopy)' cannot be made")
      }
      try DurableFile.synchronise(folder: path)
    }
    if try StackRecord.bytes(of: record) != StackRecord.bytes(of: former) {
      try record.write(in: path)
    }
  }

  // MARK: Removing

  /// Removes an instance whose processes are gone; the mark goes last, so that it can be repeated.
  func remove(_ record: StackRecord) throws(Failure) {
    for name in try names(path) where name != StackRecord.fileName {
      try remove("\(path)/\(name)")
    }
    let gone = sibling("gone", String(record.id.prefix(16)))
    guard rename(path, gone) == 0 else { throw .system(errno, "\(url) cannot be removed") }
    try DurableFile.synchronise(folder: DurableFile.parent(of: path))
    try sweep()
  }

  /// Removes copies of templates that are no longer in use.
  func removeCopies(except record: StackRecord) throws(Failure) {
    for name in try names(path) where name.hasPrefix("template-") || name.hasPrefix("incoming-") {
      let full = "\(path)/\(name)"
      if !full.utf8.elementsEqual(record.templateCopy.utf8) { try remove(full) }
    }
  }

  private func names(_ folder: String) throws(Failure) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw .permanent(
        "'\(folder)' cannot be read: \(error.localizedDescription)",
        hint: "Check its rights, then 'cutover retry'.")
    }
  }

  /// Removes a file or folder, following no link; none there is success.
  private func remove(_ path: String) throws(Failure) {
    var status = stat()
    if lstat(path, &status) != 0, errno == ENOENT { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw .permanent(
        "'\(path)' cannot be removed: \(error.localizedDescription)",
        hint: "Remove what keeps it, then 'cutover retry'.")
    }
  }
}
