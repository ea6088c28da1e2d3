internal import Digests
internal import JSON

/// What the table and the bucket of one backend are called, and its environment in the journal.
///
/// They are the old tool's names as long as these are names at all and belong to one backend only.
/// That tool lowers capitals and makes `-` of `_`, so that `Main` and `main` shared one history, and
/// kept the slash of `feature/x`; such backends get a name with a digest of their own.
struct AmplifyNames: Sendable, Equatable {
  let table: String
  let bucket: String
  let environment: String

  /// The limits of the services, and of names in playbooks.
  private static let tableBytesMax = 255
  private static let bucketBytesMax = 63
  private static let environmentBytesMax = 50
  private static let digestDigits = 10

  init(namespace: String, name: String) {
    let (space, suffix) = (Self.lowered(namespace), Self.lowered(name))
    let isOnly = suffix.hasSameBytes(as: name)
    let digest = String(
      Digest.hex(Digest.sha256(Array("\(namespace)\u{0}\(name)".utf8))).prefix(Self.digestDigits))
    table = Self.name(
      "amplify-data-migration-\(namespace)-\(suffix)", isOnly, digest, Self.tableBytesMax
    ) { Self.isLetter($0 | 0x20) || Self.isDigit($0) || "-_.".utf8.contains($0) }
    bucket = Self.name(
      "amplify-export-\(space)-\(suffix)", isOnly && space.hasSameBytes(as: namespace), digest,
      Self.bucketBytesMax
    ) { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "-") }
    environment = Self.name(
      "amplify-\(namespace)-\(suffix)", isOnly, digest, Self.environmentBytesMax
    ) { Self.isLetter($0 | 0x20) || Self.isDigit($0) || "-_".utf8.contains($0) }
  }

  /// The name as wanted, or else as much of it as may be with the digest behind it.
  private static func name(
    _ wanted: String, _ isOnly: Bool, _ digest: String, _ bytesMax: Int,
    _ allows: (UInt8) -> Bool
  ) -> String {
    if isOnly, wanted.utf8.count <= bytesMax, wanted.utf8.allSatisfy(allows) { return wanted }
    let clean = wanted.utf8.prefix(bytesMax - digest.utf8.count - 1)
      .map { allows($0) ? $0 : UInt8(ascii: "-") }
    return String(decoding: clean, as: UTF8.self) + "-\(digest)"
  }

  /// As the old tool lowers names, but the same in every locale.
  private static func lowered(_ text: String) -> String {
    String(
      decoding: text.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        default: byte
        }
      }, as: UTF8.self)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
