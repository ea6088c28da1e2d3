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

  /// Goes to about the last line for which `isBefore` holds, by halving; lines must be in order.
  ///
  /// A few lines before it may come too.
  mutating func seek(
    _ isBefore: ([UInt8]) throws(Failure) -> Bool
  ) throws(Failure) {
    do {
      var low: UInt64 = 0
      var high = try file.seekToEnd()
      while high - low > UInt64(Self.blockBytes) {
        let middle = low + (high - low) / 2
        try file.seek(toOffset: middle)
        block = []
        // The rest of the line in the middle, then a whole one.
        guard try next() != nil, let line = try next(), try isBefore(line) else {
          high = middle
          continue
        }
        low = middle
      }
      try file.seek(toOffset: low)
      block = []
      if low > 0 { _ = try next() }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw WorkFiles.failure(path, error)
    }
  }
}
