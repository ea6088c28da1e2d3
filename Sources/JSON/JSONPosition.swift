/// A place in a document: byte offset from 0, line and column from 1.
///
/// Columns count Unicode scalars, as most editors show them; a byte order mark takes no column.
/// Lines end at LF, CRLF or CR.
package struct JSONPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
  // Half of a tree is positions; documents are bounded far below four gigabytes.
  private let storedOffset: UInt32
  private let storedLine: UInt32
  private let storedColumn: UInt32

  package var offset: Int { Int(storedOffset) }
  package var line: Int { Int(storedLine) }
  package var column: Int { Int(storedColumn) }

  package init(offset: Int, line: Int, column: Int) {
    storedOffset = UInt32(clamping: offset)
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
  }

  package static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }

  package var description: String { "\(line):\(column)" }
}

/// From the first byte of a value to the place behind its last one.
package struct JSONRange: Hashable, Sendable {
  package let start: JSONPosition
  package let end: JSONPosition

  package init(start: JSONPosition, end: JSONPosition) {
    self.start = start
    self.end = end
  }

  package var offsets: Range<Int> { start.offset..<end.offset }
}

/// Turns offsets into positions, walking forward so that a whole document costs one pass.
///
/// Asking for an earlier offset is allowed and starts over, which is why only mistakes, whose
/// number is bounded, do it.
struct LineCounter: Sendable {
  private let origin: Int
  private var offset: Int
  private var line = 1
  private var column = 1

  init(origin: Int) {
    self.origin = origin
    offset = origin
  }

  mutating func position(at target: Int, in bytes: [UInt8]) -> JSONPosition {
    if target < offset { self = LineCounter(origin: origin) }
    while offset < target, offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        column = 1
      case UInt8(ascii: "\r"):
        // The LF of a CRLF ends the line, and is counted above.
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "\n") { break }
        line += 1
        column = 1
      case 0x80..<0xC0: break
      default: column += 1
      }
    }
    return JSONPosition(offset: target, line: line, column: column)
  }
}
