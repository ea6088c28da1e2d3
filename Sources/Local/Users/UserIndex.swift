import JSON
import Resources

/// The lines of a users file, found by name.
struct UserIndex: Sendable {
  /// A larger directory belongs into a database.
  static let bytesMax = 512 << 20

  struct Line: Sendable {
    let name: [UInt8]
    let range: Range<Int>
    /// Counted from 1, as editors do.
    let number: Int
  }

  let bytes: [UInt8]
  /// In byte order of the names.
  let lines: [Line]

  init() {
    bytes = []
    lines = []
  }

  /// Finds the names, and refuses one that stands there twice; users are read when asked for.
  init(_ bytes: [UInt8], _ url: ResourceURL) throws(Failure) {
    var lines: [Line] = []
    var start = 0
    var number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
      number += 1
      if bytes[start..<end].contains(where: { $0 != 32 && $0 != 9 && $0 != 13 }) {
        let name = try Self.name(in: Array(bytes[start..<end]), number, url)
        lines.append(Line(name: name, range: start..<end, number: number))
      }
      start = end + 1
    }
    lines.sort { $0.name.lexicographicallyPrecedes($1.name) }
    for (one, other) in zip(lines, lines.dropFirst()) where one.name == other.name {
      let numbers = [one.number, other.number].sorted()
      throw .permanent(
        "\(url): lines \(numbers[0]) and \(numbers[1]) are both "
          + "'\(String(decoding: one.name, as: UTF8.self))'", hint: "Remove one of them.")
    }
    self.bytes = bytes
    self.lines = lines
  }

  func user(_ line: Line, _ url: ResourceURL) throws(Failure) -> User {
    try UserLine.read(Array(bytes[line.range]), line: line.number, of: url)
  }

  func line(named name: [UInt8]) -> Line? {
    let place = firstIndex(notBefore: name)
    return place < lines.count && lines[place].name == name ? lines[place] : nil
  }

  /// The place of the first name that is not before `name`.
  func firstIndex(notBefore name: [UInt8]) -> Int {
    var low = 0
    var high = lines.count
    while low < high {
      let middle = (low + high) / 2
      if lines[middle].name.lexicographicallyPrecedes(name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private static func name(
    in line: [UInt8], _ number: Int, _ url: ResourceURL
  ) throws(Failure) -> [UInt8] {
    var scanner = JSONScanner()
    do throws(JSONScanner.Malformed) {
      let bytes = line.span
      try scanner.enterObject(in: bytes)
      while let member = try scanner.nextMember(in: bytes) {
        guard member.equals("username", in: bytes) else {
          _ = try scanner.skipValue(in: bytes)
          continue
        }
        if let text = try scanner.string(in: bytes).text(in: bytes) { return Array(text.utf8) }
      }
    } catch {
      throw .permanent(
        "\(url), line \(number), column \(error.offset + 1): expected \(error.expected)",
        hint: "Mend the line; each is one user in JSON.")
    }
    // The full reader says better what is wrong.
    return Array(try UserLine.read(line, line: number, of: url).name.utf8)
  }
}
