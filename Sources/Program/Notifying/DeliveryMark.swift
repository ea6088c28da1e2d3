internal import Foundation
internal import Glibc
internal import Resources

/// How far a channel has been told, in a file of the rollout's work folder.
///
/// It is written after the receiver has taken an announcement, never before: after a crash
/// something may be told twice, and nothing is left out.
struct DeliveryMark {
  private let folder: String
  private let path: String
  /// The number of the last fact that needs no more telling.
  private(set) var sequence: Int

  /// As if nothing had been told yet; the file is not looked at.
  init(unknownOf channel: Int, in folder: String) {
    self.folder = folder
    // No step can have a name with a dot, so no step's folder is met.
    path = "\(folder)/.notified-\(channel)"
    sequence = 0
  }

  /// Reads what an earlier driver has left; throws when it cannot be told.
  init(channel: Int, in folder: String) throws(Failure) {
    self.init(unknownOf: channel, in: folder)
    guard let data = FileManager.default.contents(atPath: path) else {
      let code = access(path, F_OK) == 0 ? EACCES : errno
      guard code == ENOENT || code == ENOTDIR else { throw Self.failure("read", path, code) }
      return
    }
    let text = String(decoding: data, as: UTF8.self)
    guard let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), number >= 0
    else {
      throw .permanent("\(path) holds no number", hint: "Remove it to tell everything again.")
    }
    sequence = number
  }

  /// Returns once the mark would survive a power cut.
  mutating func advance(to sequence: Int) throws(Failure) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o750])
    } catch {
      throw .permanent(
        "cannot make the folder \(folder): \(error.localizedDescription)", hint: Self.hint)
    }
    let draft = path + ".new"
    try write(Array("\(sequence)\n".utf8), to: draft)
    guard rename(draft, path) == 0 else { throw Self.failure("write", path, errno) }
    let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw Self.failure("open", folder, errno) }
    defer { close(number) }
    guard fsync(number) == 0 else { throw Self.failure("write", folder, errno) }
    self.sequence = sequence
  }

  private func write(_ bytes: [UInt8], to draft: String) throws(Failure) {
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw Self.failure("write", draft, errno) }
    defer { close(file) }
    let count = Glibc.write(file, bytes, bytes.count)
    guard count == bytes.count else { throw Self.failure("write", draft, count < 0 ? errno : EIO) }
    guard fsync(file) == 0 else { throw Self.failure("write", draft, errno) }
  }

  private static let hint = "Make room or grant access there; the rollout goes on without."

  private static func failure(_ verb: String, _ path: String, _ code: Int32) -> Failure {
    .permanent("cannot \(verb) \(path): \(String(cString: strerror(code)))", hint: hint)
  }
}
