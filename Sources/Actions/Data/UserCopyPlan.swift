package import Digests
package import Resources

/// What `users.copy` found before it changed anything; who was added stands in the work folder.
package struct UserCopyPlan: Codable, Sendable {
  package var createsTarget: Bool
  package var userCount: Int?
  /// How users are changed on their way; nil in plans from before this was known.
  package var mapping: UserMapping?
  /// Groups that the target did not have.
  package var newGroups: [UserGroup]?
  /// The function that the target asked about unknown users before.
  package var formerFunction: String?
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
  /// Of the import jobs that come before, where there are any.
  package var imports: UserImports?
}

/// How far the import jobs of a copy have come.
package struct UserImports: Codable, Sendable {
  /// Where the users of the next job begin.
  package var position: PagePosition?
  /// The job whose users are handed over.
  package var job: String?
  /// Where the users after that job begin; nil for none.
  package var next: PagePosition?
  package var isDone = false
  package var imported = 0
  package var skipped = 0
  package var failed = 0
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
    var remarks = (remarks ?? [:]).map { "\($0.value) users \($0.key)" }.sorted()
    if let imports {
      remarks.append(
        "import jobs: \(imports.imported) imported, \(imports.skipped) skipped, "
          + "\(imports.failed) failed")
    }
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
