internal import Digests

/// The hashes that tie facts to each other and to the rollout that they belong to.
///
/// A hash is SHA-256, in hexadecimal, over fields written one after the other: `LENGTH:BYTES,` for
/// each, and `-,` for NULL. A few lines in any language can check them.
struct HashChain: ~Copyable {
  private var stream = DigestStream(.sha256)

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  mutating func add(_ text: String?) {
    if let text { add(text) } else { stream.update(Array("-,".utf8)) }
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    stream.update(Array("\(bytes.count):".utf8))
    stream.update(bytes)
    stream.update([UInt8(ascii: ",")])
  }

  mutating func hash() -> String { Hex.text(stream.digest()) }

  /// One hash over these fields.
  static func hash(_ fields: [String?]) -> String {
    var chain = HashChain()
    for field in fields { chain.add(field) }
    return chain.hash()
  }
}
