import Digests
import Resources

/// The lines of one data file, decompressed as they are asked for.
///
/// Owned by one task at a time.
final class ExportLines {
  /// Bytes that are decompressed at a time.
  private static let pieceBytes = 256 << 10
  /// An item has 400 KB; as JSON at most about six times as much, and an update has two.
  private static let lineBytesMax = 16 << 20

  private let reader: any ObjectReader
  private var gunzip = Gunzip()
  private var sum = DigestStream(.md5)
  private var hasInput = false
  private var isRead = false
  /// Decompressed bytes; those before `place` were handed out.
  private var bytes: [UInt8] = []
  private var place = 0
  /// Up to where no end of a line was found.
  private var searched = 0
  /// Lines that were handed out.
  private(set) var count = 0

  init(_ reader: any ObjectReader) { self.reader = reader }

  /// The next line that is not empty, without its end; nil behind the last one.
  func next() async throws(ExportFault) -> [UInt8]? {
    while true {
      while searched < bytes.count {
        searched += 1
        guard bytes[searched - 1] == UInt8(ascii: "\n") else { continue }
        if let line = cut(upTo: searched - 1) { return line }
      }
      guard bytes.count - place <= Self.lineBytesMax else {
        throw .damaged("line \(count + 1) is longer than any item")
      }
      if try await fill() { continue }
      searched = bytes.count
      guard place < bytes.count else { return nil }
      if let line = cut(upTo: bytes.count) { return line }
    }
  }

  private func cut(upTo end: Int) -> [UInt8]? {
    var line = bytes[place..<end]
    place = searched
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return nil }
    count += 1
    return Array(line)
  }

  /// Decompresses more; false at the end.
  private func fill() async throws(ExportFault) -> Bool {
    bytes.removeFirst(place)
    searched -= place
    place = 0
    while true {
      if hasInput, let more = try decompressed() {
        bytes += more
        return true
      }
      guard let piece = try await piece() else { break }
      gunzip.add(piece)
      hasInput = true
    }
    do throws(GzipDamage) {
      try gunzip.finish()
    } catch {
      throw .damaged(error.text)
    }
    return false
  }

  private func decompressed() throws(ExportFault) -> ArraySlice<UInt8>? {
    do throws(GzipDamage) {
      return try gunzip.next(limit: Self.pieceBytes)
    } catch {
      throw .damaged(error.text)
    }
  }

  private func piece() async throws(ExportFault) -> [UInt8]? {
    guard !isRead else { return nil }
    do throws(Failure) {
      guard let piece = try await reader.next() else {
        isRead = true
        return nil
      }
      sum.update(piece)
      return piece
    } catch {
      throw .store(error)
    }
  }

  /// The MD5 of the object, read to its end whatever was in it.
  func digest() async throws(ExportFault) -> [UInt8] {
    while try await piece() != nil {}
    return sum.digest()
  }
}
