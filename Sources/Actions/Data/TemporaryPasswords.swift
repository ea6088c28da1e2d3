import Digests
import Foundation
import JSON
import Resources

/// Temporary passwords, durable before they are given out; readable by their owner only.
///
/// One that was made once stays, so that a user who was begun before a crash has the one that
/// stands here. Used by one task at a time.
final class TemporaryPasswords {
  private let archive: Archive
  private var known: [UTF8Key: String] = [:]

  init(_ path: String) throws(Failure) {
    archive = try Archive(at: path)
    guard var lines = try LineReader(path) else { return }
    while let line = try lines.next() {
      guard let value = try? JSONValue(reading: line), let name = value["username"]?.string,
        let password = value["password"]?.string
      else { continue }
      known[UTF8Key(name)] = password
    }
  }

  /// Makes sure of a password for every name, and gives all that are known.
  func passwords(for names: [String], length: Int) throws(Failure) -> [UTF8Key: String] {
    var lines: [[UInt8]] = []
    for name in names where known[UTF8Key(name)] == nil {
      let password = RandomPassword.make(length: length)
      known[UTF8Key(name)] = password
      lines.append(
        JSONValue.object([
          .init("username", .string(name)), .init("password", .string(password)),
        ]).compact())
    }
    try archive.add(lines)
    return known
  }

  /// Nobody can sign in with them any more.
  static func remove(_ path: String) throws(Failure) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw WorkFiles.failure(path, error)
    }
  }
}
