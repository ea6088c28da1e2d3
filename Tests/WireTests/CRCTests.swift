import Digests
import Harness
import Testing

@Suite("Redundancy checks", .waiting)
struct CRCTests {
  /// The check values of the catalogue of parametrised CRC algorithms, over "123456789".
  @Test("the published check values come out, whatever the alignment")
  func matchesCatalogue() {
    let text = Array("123456789".utf8)
    #expect(CRC.iso32(text) == 0xcbf4_3926)
    #expect(CRC.castagnoli32(text) == 0xe306_9283)
    #expect(CRC.nvme64(text) == 0xae8b_1486_0a79_9888)
    #expect(CRC.iso32([]) == 0 && CRC.nvme64([]) == 0)
    #expect(CRC.header(CRC.iso32(text)) == "y/Q5Jg==")
  }

  @Test("pieces of any size give the value of the whole")
  func takesPieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for size in [1, 3, 8, 13, 64] {
      var sums = (CRC.ISO32(), CRC.Castagnoli32(), CRC.NVME64())
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<min(start + size, bytes.count)].withUnsafeBytes {
          sums.0.update($0)
          sums.1.update($0)
          sums.2.update($0)
        }
      }
      #expect(sums.0.value == CRC.iso32(bytes))
      #expect(sums.1.value == CRC.castagnoli32(bytes))
      #expect(sums.2.value == CRC.nvme64(bytes))
    }
  }
}
