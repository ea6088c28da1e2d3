/// Password hashes as text in PHC form: `$scrypt$ln=14,r=8,p=1$salt$hash`.
///
/// Hashes are carried as they are; this only tells them from a password in the clear.
enum PasswordHash {
  private static let bytesMax = 1_000

  /// Whether the text names a function, and has a salt and a hash.
  static func isWellFormed(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
    guard text.utf8.count <= bytesMax, parts.count >= 4, parts[0].isEmpty, !parts[1].isEmpty else {
      return false
    }
    let isName = parts[1].allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    return isName && parts.dropFirst(2).allSatisfy { !$0.isEmpty && $0.allSatisfy(isAllowed) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "+/.=,-_".utf8.contains(byte)
  }
}
