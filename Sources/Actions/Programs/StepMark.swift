import Glibc
import Resources
import Rollouts

/// A file that says, durably, that a step has begun something.
///
/// A checkpoint says so too, but it is forgotten when a step is done anew after a failed check;
/// what a step made or started before must still be known as its own then.
struct StepMark {
  private let folder: String
  private let path: String

  init(_ name: String, in site: Site) {
    folder = site.workFolder
    path = "\(site.workFolder)/\(name)"
  }

  /// Throws when it cannot be told.
  func isSet() throws(Failure) -> Bool {
    if access(path, F_OK) == 0 { return true }
    let code = errno
    guard code == ENOENT || code == ENOTDIR else { throw failure("look at", path, code) }
    return false
  }

  /// Returns once the mark would survive a power cut; setting it again changes nothing.
  func set() throws(Failure) {
    try Self.makeFolders(folder)
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw failure("write", path, errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("write", path, errno) }
    try Self.synchronise(folder)
  }

  /// Takes the mark away; none there is success.
  func clear() throws(Failure) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path, errno) }
  }

  /// Makes a folder and those above it that are missing.
  static func makeFolders(_ path: String) throws(Failure) {
    if mkdir(path, 0o750) == 0 {
      if let parent = parent(of: path) { try synchronise(parent) }
      return
    }
    if errno == EEXIST { return }
    guard errno == ENOENT, let parent = parent(of: path) else {
      throw failure("make the folder", path, errno)
    }
    try makeFolders(parent)
    guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
      throw failure("make the folder", path, errno)
    }
    try synchronise(parent)
  }

  /// Makes the entries of a folder durable.
  static func synchronise(_ folder: String) throws(Failure) {
    let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw failure("open the folder", folder, errno) }
    defer { close(number) }
    guard fsync(number) == 0 else { throw failure("write the folder", folder, errno) }
  }

  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return String(path[..<slash])
  }

  private func failure(_ verb: String, _ path: String, _ code: Int32) -> Failure {
    Self.failure(verb, path, code)
  }

  private static func failure(_ verb: String, _ path: String, _ code: Int32) -> Failure {
    .permanent(
      "cannot \(verb) \(path): \(String(cString: strerror(code)))",
      hint: "Steps keep files beside the journal; make room or grant access there.")
  }
}
