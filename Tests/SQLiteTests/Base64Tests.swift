import Digests
import Foundation
import Harness
import Testing

@Suite(.waiting) struct Base64Tests {
  @Test("every length and every byte survives, and agrees with Foundation")
  func roundTrip() {
    for length in 0..<300 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ length) }
      let text = Base64.text(bytes)
      #expect(text == Data(bytes).base64EncodedString())
      #expect(Base64.decode(text) == bytes)
      #expect(Hex.decode(Hex.text(bytes)) == bytes)
    }
  }

  @Test(
    "what is not strict base64 is refused",
    arguments: [
      "A", "AA", "AAA", "A===", "====", "AA=A", "A=AA", "=AAA", "AA==AAAA", "AAAA ", "AAA\n",
      "AA-_", "QR==", "QUJ=", "QUI=\u{0}\u{0}\u{0}\u{0}", "é==",
    ])
  func strict(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test("loose last bits have exactly one text that is taken")
  func looseBits() {
    #expect(Base64.decode("QQ==") == Array("A".utf8))
    #expect(Base64.decode("QUI=") == Array("AB".utf8))
    #expect(Base64.decode("") == [])
  }

  @Test("hex takes either case and nothing else")
  func hex() {
    #expect(Hex.decode("00fFAb") == [0, 255, 171])
    #expect(Hex.decode("0") == nil)
    #expect(Hex.decode("0g") == nil)
    #expect(Hex.decode("0x") == nil)
  }
}
