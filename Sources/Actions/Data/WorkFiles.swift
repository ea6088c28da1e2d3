import Foundation
import Resources

/// Durable files in a step's work folder: whole or absent, and readable by their owner only.
enum WorkFiles {
  static let mode: mode_t = 0o600

  static func makeFolder(_ path: String) throws(Failure) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw failure(path, error)
    }
    try synchronize(folder: (path as NSString).deletingLastPathComponent)
  }

  /// Writes a file under a name that nobody reads yet, and publishes it when it is complete.
  static func write(
    _ path: String, _ body: (FileHandle) async throws -> Void
  ) async throws(Failure) {
    let draft = path + ".part"
    do {
      let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
      guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try await body(file)
      try file.synchronize()
      try file.close()
      guard rename(draft, path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw failure(path, error)
    }
  }

  static func append(_ bytes: [UInt8], to file: FileHandle, _ path: String) throws(Failure) {
    do {
      try file.write(contentsOf: bytes)
    } catch {
      throw failure(path, error)
    }
  }

  /// Removes a file; none there is success.
  static func remove(_ path: String) throws(Failure) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw failure(path, POSIXError(.init(rawValue: errno) ?? .EIO))
    }
  }

  /// Leaves an empty file that says that something has begun, durably.
  static func mark(_ path: String) throws(Failure) {
    let folder = (path as NSString).deletingLastPathComponent
    try makeFolder(folder)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      throw failure(path, POSIXError(.init(rawValue: errno) ?? .EIO))
    }
    close(descriptor)
    try synchronize(folder: folder)
  }

  /// Makes the names in a folder durable.
  static func synchronize(folder: String) throws(Failure) {
    do {
      let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
      try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).synchronize()
    } catch {
      throw failure(folder, error)
    }
  }

  static func failure(_ path: String, _ error: any Error) -> Failure {
    .permanent(
      "cannot keep what undo needs in \(path): \(error.localizedDescription)",
      hint: "Make room or give the right to write there, then 'cutover retry'.")
  }
}
