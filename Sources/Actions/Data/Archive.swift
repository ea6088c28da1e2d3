import Foundation
import Resources

/// A file of JSON lines that keeps what an undo takes away; what was added is durable on return.
///
/// Adding the same line again after a crash leaves it there once. A line that a crash cut short is
/// dropped when the file is opened again. Readable by its owner only.
final class Archive {
  private static let blockBytes = 1 << 20

  let path: String
  /// Lines that were there already and lines added since.
  private(set) var count = 0
  private let file: FileHandle
  private var known: Fingerprints
  private var added: Set<UInt64> = []

  /// Opens or makes the file, and its folder.
  init(at path: String) throws(Failure) {
    self.path = path
    known = Fingerprints()
    do {
      let folder = (path as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
      file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try Self.synchronize(folder: folder)
    } catch {
      throw Self.failure(path, error)
    }
    try readBack()
  }

  /// How many lines an archive has; nil when none was made.
  static func count(at path: String) throws(Failure) -> Int? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try Archive(at: path).count
  }

  func contains(_ line: [UInt8]) -> Bool {
    known.contains(line) || added.contains(Fingerprints.fingerprint(line))
  }

  /// Adds the lines that are not there yet.
  func add(_ lines: [[UInt8]]) throws(Failure) {
    let new = lines.filter { !contains($0) }
    guard !new.isEmpty else { return }
    do {
      try file.write(contentsOf: Data(new.flatMap { $0 + [UInt8(ascii: "\n")] }))
      try file.synchronize()
    } catch {
      throw Self.failure(path, error)
    }
    count += new.count
    for line in new { added.insert(Fingerprints.fingerprint(line)) }
  }

  private func readBack() throws(Failure) {
    do {
      var line: [UInt8] = []
      var whole: UInt64 = 0
      while let block = try file.read(upToCount: Self.blockBytes), !block.isEmpty {
        for byte in block {
          guard byte == UInt8(ascii: "\n") else {
            line.append(byte)
            continue
          }
          known.insert(line)
          count += 1
          whole += UInt64(line.count) + 1
          line.removeAll(keepingCapacity: true)
        }
      }
      try file.truncate(atOffset: whole)
      try file.seek(toOffset: whole)
      known.seal()
    } catch {
      throw Self.failure(path, error)
    }
  }

  private static func synchronize(folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).synchronize()
  }

  private static func failure(_ path: String, _ error: any Error) -> Failure {
    .permanent(
      "cannot keep an archive in \(path): \(error.localizedDescription)",
      hint: "Make room or give the right to write there, then 'cutover retry'.")
  }

  /// `undo-users.jsonl`, or `undo-2-users.jsonl` for the second of several.
  static func path(in folder: String, of url: ResourceURL, index: Int?) -> String {
    let last = url.fragment ?? url.path.split(separator: "/").last.map(String.init)
    let name = (last ?? url.authority).unicodeScalars.map { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains(scalar))
        ? String(scalar) : "_"
    }
    let number = index.map { "\($0)-" } ?? ""
    return "\(folder)/undo-\(number)\(name.joined()).jsonl"
  }
}
