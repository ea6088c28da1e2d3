internal import Foundation
internal import JSON
internal import Resources

/// Items from a file with one in DynamoDB JSON on each line, as exports have them too.
enum ItemLines {
  private static let pieceBytes = 1 << 20
  /// Longer than any item with everything in it escaped.
  private static let lineBytesMax = 16 << 20

  /// At most so many items of the file, or of standard input for `-`.
  ///
  /// No more of it is read than is needed.
  static func read(_ path: String, limit: Int) throws -> [Item] {
    let file: FileHandle
    if path == "-" {
      file = .standardInput
    } else {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        !isFolder.boolValue,
        let opened = FileHandle(forReadingAtPath: path)
      else {
        throw Refusal(.noFile, "there is no file of items at \(path)", hint: "Check the path.")
      }
      file = opened
    }
    var items: [Item] = []
    var number = 0
    var rest: [UInt8] = []
    var isAtEnd = false
    while items.count < limit, !isAtEnd {
      let piece = try file.read(upToCount: pieceBytes) ?? Data()
      isAtEnd = piece.isEmpty
      rest += piece
      if isAtEnd, !rest.isEmpty { rest.append(10) }
      while items.count < limit, let feed = rest.firstIndex(of: 10) {
        number += 1
        let line = Array(rest[..<feed])
        rest.removeFirst(feed + 1)
        if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
        items.append(try item(line, "\(path), line \(number)"))
      }
      guard rest.count <= lineBytesMax else {
        throw Refusal(
          .badInput, "\(path), line \(number + 1) is longer than any item",
          hint: "Write one item on each line.")
      }
    }
    return items
  }

  /// An item, or the object `{"Item": …}` around it that an export writes.
  private static func item(_ line: [UInt8], _ place: String) throws -> Item {
    let problem: String
    do throws(JSONScanner.Malformed) {
      return Item(bytes: try ItemForm.canonical(line), isCanonical: true)
    } catch {
      problem = "\(error.expected) is missing at byte \(error.offset)"
    }
    if let inner = (try? JSONValue(reading: line))?["Item"],
      let bytes = try? ItemForm.canonical(inner.compact())
    {
      return Item(bytes: bytes, isCanonical: true)
    }
    throw Refusal(
      .badInput, "\(place) is no item in DynamoDB JSON: \(problem)",
      hint: "Write such as {\"id\":{\"S\":\"a\"},\"size\":{\"N\":\"1\"}}.")
  }
}
