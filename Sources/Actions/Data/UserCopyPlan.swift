package import Digests
package import Resources

/// What `users.copy` found before it changed anything; who was added stands in the work folder.
package struct UserCopyPlan: Codable, Sendable {
  package var createsTarget: Bool
  package var userCount: Int?
}

/// How far `users.copy` has come; everything that it counts is durable at the target.
package struct UserCopyCheckpoint: Codable, Sendable {
  package var position: PagePosition?
  package var isDone = false
  package var read = 0
  package var written = 0
  package var alreadyThere = 0
  package var skipped: [String: Int] = [:]
  /// Names of users who differ at the target, as far as they are named.
  package var differing: [String] = []
  package var source = DigestSum()
  package var expected = DigestSum()
  /// What could not be done for how many users, for the report.
  package var remarks: [String: Int]?
}

extension UserCopyCheckpoint {
  private static let namedMax = 20
  private static let reasonsMax = 100

  mutating func skip(_ reason: String) {
    let isRoom = skipped.count < Self.reasonsMax || skipped[reason] != nil
    skipped[isRoom ? reason : "other reasons", default: 0] += 1
  }

  mutating func remark(_ text: String) {
    var remarks = remarks ?? [:]
    let isRoom = remarks.count < Self.reasonsMax || remarks[text] != nil
    remarks[isRoom ? text : "other remarks", default: 0] += 1
    self.remarks = remarks
  }

  mutating func differs(_ name: String, _ fields: [String]) {
    skip(UserCopy.differsReason)
    guard differing.count < Self.namedMax else { return }
    differing.append("\(name) (\(fields.joined(separator: ", ")))")
  }

  var notes: [String] {
    let remarks = (remarks ?? [:]).map { "\($0.value) users \($0.key)" }.sorted()
    return
      (differing.isEmpty
      ? [] : ["kept as they are at the target: " + differing.joined(separator: ", ")]) + remarks
  }

  func ledger(from: ResourceURL, to: ResourceURL) -> Ledger {
    var ledger = Ledger(from: from, to: to)
    ledger.read = read
    ledger.written = written
    ledger.alreadyThere = alreadyThere
    ledger.skipped = skipped
    ledger.readDigest = source.description
    ledger.expectedDigest = expected.description
    return ledger
  }
}
