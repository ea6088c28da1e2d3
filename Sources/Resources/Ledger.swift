/// The account of one copied table, bucket or user directory: read = written + skipped.
///
/// Digests are order-free sums over canonical items, so both sides can be counted in any order.
package struct Ledger: Sendable, Hashable, Codable {
  package var from: ResourceURL
  package var to: ResourceURL
  /// Items, objects or users read from the source.
  package var read: Int
  package var written: Int
  /// Of those written, how many were there already and alike.
  package var alreadyThere: Int
  package var skipped: [String: Int]
  package var bytes: Int64
  /// The digest of the source as it was read, before any transform; nil when it was not carried
  /// through here.
  package var readDigest: String?
  /// What the target should hold, by what was read (and transformed).
  package var expectedDigest: String
  /// What the target was found to hold; nil until it was read back.
  package var foundDigest: String?
  /// How many were compared in what stands beside their content and found alike; nil where nobody
  /// asked for it.
  package var described: Int?

  package init(from: ResourceURL, to: ResourceURL) {
    self.from = from
    self.to = to
    read = 0
    written = 0
    alreadyThere = 0
    skipped = [:]
    bytes = 0
    readDigest = nil
    expectedDigest = ""
    foundDigest = nil
  }

  /// What is wrong with the account; nil when it balances and was proven.
  package var imbalance: String? {
    let left = skipped.values.reduce(0, +)
    if read != written + left {
      return "\(from) → \(to): read \(read), written \(written), skipped \(left)"
    }
    guard let foundDigest else { return "\(from) → \(to): the target was not read back yet" }
    if foundDigest != expectedDigest {
      return "\(from) → \(to): the target holds something else than what was written"
    }
    return nil
  }

  package var isBalanced: Bool { imbalance == nil }
}
