import Foundation
import Resources

/// Reads a file line by line with flat memory.
struct LineReader {
  private static let blockBytes = 1 << 16

  private let path: String
  private let file: FileHandle
  private var block: ArraySlice<UInt8> = []

  /// Nil when there is no such file.
  init?(_ path: String) throws(Failure) {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .permanent("cannot read \(path)", hint: "Give the right to read it, then retry.")
    }
    self.path = path
    self.file = file
  }

  /// The next line without its newline; nil at the end.
  mutating func next() throws(Failure) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if let end = block.firstIndex(of: UInt8(ascii: "\n")) {
        line += block[block.startIndex..<end]
        block = block[(end + 1)...]
        return line
      }
      line += block
      do {
        block = ArraySlice(try file.read(upToCount: Self.blockBytes) ?? Data())
      } catch {
        throw WorkFiles.failure(path, error)
      }
      if block.isEmpty { return line.isEmpty ? nil : line }
    }
  }
}
