import Harness
import Testing

@testable import Exports

/// Our decompression against Python's compression.
@Suite("Gunzip", .waiting)
struct GunzipTests {
  /// Decompresses what arrives in pieces of a size.
  private func expand(_ bytes: [UInt8], by size: Int) throws(GzipDamage) -> [UInt8] {
    var gunzip = Gunzip()
    var output: [UInt8] = []
    var place = 0
    while true {
      if let more = try gunzip.next(limit: 1000) {
        output += more
      } else if place < bytes.count {
        gunzip.add(Array(bytes[place..<min(place + size, bytes.count)]))
        place += size
      } else {
        try gunzip.finish()
        return output
      }
    }
  }

  private static func python(_ script: String) throws -> [UInt8] {
    let output = try Tool.run(["python3", "-c", "import gzip, io, random, sys, zlib\n" + script])
    guard output.status == 0 else { throw HarnessError(output.errorText) }
    return output.bytes
  }

  private static let text = """
    random.seed(7)
    words = [random.randbytes(random.randrange(1, 40)) for _ in range(300)]
    text = b"".join(random.choice(words) for _ in range(3000)) + bytes(70000)
    text += random.randbytes(9000)

    """

  @Test(
    "what Python compressed comes out as it was, however it was compressed and cut",
    arguments: [(0, 0), (1, 0), (6, 0), (9, 0), (6, 1), (6, 2), (6, 3), (6, 4)])
  func same(level: Int, strategy: Int) throws {
    let plain = try Self.python(Self.text + "sys.stdout.buffer.write(text)")
    let packed = try Self.python(
      Self.text + """
        c = zlib.compressobj(\(level), zlib.DEFLATED, 31, 8, \(strategy))
        sys.stdout.buffer.write(c.compress(text) + c.flush())
        """)
    #expect(try expand(packed, by: 1 << 20) == plain)
    #expect(try expand(packed, by: 777) == plain)
    if level == 9 { #expect(try expand(packed, by: 1) == plain) }
  }

  @Test("members follow each other, headers may hold names, and nothing at all is nothing")
  func members() throws {
    let packed = try Self.python(
      """
      b = io.BytesIO()
      for part in (b"one ", b"", b"two"):
          with gzip.GzipFile("a name", "wb", 9, b, 0) as f: f.write(part)
      sys.stdout.buffer.write(b.getvalue())
      """)
    #expect(try expand(packed, by: 3) == Array("one two".utf8))
    #expect(try expand([], by: 3) == [])
  }

  @Test("a file that breaks off anywhere is refused, and so is one with a bit turned over")
  func damage() throws {
    let packed = try Self.python(
      """
      random.seed(3)
      text = b"".join(b"%d," % random.randrange(1000) for _ in range(40))
      sys.stdout.buffer.write(gzip.compress(text, 9, mtime=0) + gzip.compress(text * 3, 1, mtime=0))
      """)
    let plain = try expand(packed, by: 64)
    let half = try expand(packed, by: packed.count)
    #expect(plain == half)
    var wholes = 0
    for end in 1..<packed.count {
      if let some = try? expand(Array(packed[..<end]), by: 100) {
        // Only where the first member ends.
        #expect(plain.starts(with: some) && some.count * 4 == plain.count)
        wholes += 1
      }
    }
    #expect(wholes == 1)
    for bit in 0..<(packed.count * 8) {
      var turned = packed
      turned[bit / 8] ^= 1 << UInt8(bit % 8)
      // Bits of the header's time and system mean nothing to the content.
      if let some = try? expand(turned, by: 1 << 20) { #expect(some == plain) }
    }
  }

  @Test("bytes of no meaning end in an error, never in a trap or without an end")
  func noise() throws {
    var seed: UInt64 = 99
    for _ in 0..<3000 {
      var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
      for _ in 0..<60 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: seed >> 33))
      }
      #expect(throws: GzipDamage.self) { try expand(bytes, by: 7) }
    }
  }
}
