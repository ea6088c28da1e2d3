import Digests
import Foundation
import Harness
import Testing

@Suite(.waiting) struct DigestTests {
  private static let texts = ["", "abc", String(repeating: "é long ", count: 5000)]

  @Test("digests agree with Python's", arguments: HashFunction.allCases, texts)
  func agreesWithPython(_ function: HashFunction, _ text: String) throws {
    let script = """
      import hashlib, sys
      sys.stdout.write(hashlib.new('\(function.rawValue)', sys.stdin.buffer.read()).hexdigest())
      """
    let expected = try Tool.run(["python3", "-c", script], input: Array(text.utf8)).text
    #expect(Digest.hex(Digest.hash(Array(text.utf8), function)) == expected)
  }

  @Test("the published example of SHA-256 comes out")
  func publishedExample() {
    #expect(
      Digest.hex(Digest.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest.hex(Digest.md5([])) == "d41d8cd98f00b204e9800998ecf8427e")
  }

  @Test("a digest in pieces equals the digest at once, whatever the pieces")
  func pieces() {
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for size in [1, 7, 64, 4096, 10_000] {
      var stream = DigestStream(.sha512)
      for start in stride(from: 0, to: bytes.count, by: size) {
        stream.update(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(stream.finish() == Digest.sha512(bytes))
    }
  }

  @Test("a stream begins a new message after each digest")
  func streamAgain() {
    var stream = DigestStream(.sha256)
    for text in ["one", "", "three"] {
      stream.update(Array(text.utf8))
      #expect(stream.digest() == Digest.sha256(Array(text.utf8)))
    }
  }

  @Test("HMAC meets RFC 4231, and takes an empty key and message")
  func codes() {
    let key = [UInt8](repeating: 0x0b, count: 20)
    let message = Array("Hi There".utf8)
    #expect(
      Hex.text(HMAC.code(for: message, key: key, .sha256))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      Hex.text(HMAC.code(for: message, key: key, .sha512))
        == "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854")
    #expect(
      Hex.text(HMAC.code(for: [], key: [], .sha256))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test("PBKDF2 agrees with Python's", arguments: [HashFunction.sha256, .sha512])
  func pbkdf2(_ function: HashFunction) throws {
    let key = try KeyDerivation.pbkdf2(
      password: Array("pass\u{0}wörd".utf8), salt: [0, 1, 2, 255], iterations: 1000, byteCount: 48,
      function)
    let script = """
      import hashlib, sys
      sys.stdout.write(hashlib.pbkdf2_hmac('\(function.rawValue)', 'pass\\0wörd'.encode(),
        bytes([0, 1, 2, 255]), 1000, 48).hex())
      """
    #expect(try Hex.text(key) == Tool.run(["python3", "-c", script]).text)
  }

  @Test("scrypt meets RFC 7914")
  func scrypt() throws {
    let key = try KeyDerivation.scrypt(
      password: Array("password".utf8), salt: Array("NaCl".utf8), cost: 1024, blockSize: 8,
      parallelism: 16, byteCount: 64)
    #expect(
      Hex.text(key)
        == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
  }

  @Test("costs that cannot be met are refused, not tried")
  func costs() {
    #expect(throws: KeyDerivation.CostError.self) {
      try KeyDerivation.scrypt(
        password: [1], salt: [], cost: 1 << 24, blockSize: 8, parallelism: 1, byteCount: 32)
    }
    #expect(throws: KeyDerivation.CostError.self) {
      try KeyDerivation.scrypt(
        password: [1], salt: [], cost: 1000, blockSize: 8, parallelism: 1, byteCount: 32)
    }
    for iterations in [0, -1, KeyDerivation.iterationsMax + 1] {
      #expect(throws: KeyDerivation.CostError.self) {
        try KeyDerivation.pbkdf2(
          password: [1], salt: [], iterations: iterations, byteCount: 32, .sha256)
      }
    }
  }

  @Test("random bytes differ, and codes compare by their bytes")
  func randomness() {
    #expect(Randomness.bytes(32) != Randomness.bytes(32))
    #expect(Randomness.bytes(0).isEmpty)
    #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
    #expect(ConstantTime.equal([], []))
  }
}
