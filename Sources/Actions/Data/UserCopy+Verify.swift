import Digests
import Resources
import Rollouts

extension UserCopy {
  private static let namedMax = 5

  /// Looks every user of the source up at the target.
  ///
  /// Users whom the copy has kept as they were are told from lost ones by the account: it counts
  /// as many of them.
  func verify(_ ledger: Ledger, _ pace: Pace) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    var ledger = ledger
    var found = DigestSum()
    var now = DigestSum()
    var missing: [String] = []
    var differing: [String] = []
    var untold: [String] = []
    let added = passwords == .reset ? try AddedUsers(addedPath) : nil
    var position: PagePosition?
    repeat {
      try pace.checkStop()
      let page = try await source.page(after: position, limit: batch)
      try TablePages.checkMoved(from: position, to: page.next, in: source.url)
      position = page.next
      let wanted = try await wanted(page.elements, &now)
      for (user, other) in zip(wanted, try await target.users(named: wanted.map(\.name))) {
        guard let other else {
          missing.append(user.name)
          continue
        }
        if isSame(user, other) {
          found.add(Self.line(mapping.comparable(other)))
          // Whoever was told may have chosen a password by now; this state nobody comes back to.
          if added?.contains(user.name) == true, isUnfinished(other) {
            untold.append(user.name)
          }
        } else {
          differing.append(user.name)
        }
      }
      report(Int(now.count), of: ledger.read, "users looked up", pace)
    } while position != nil
    ledger.foundDigest = found.description
    let kept = ledger.skipped[Self.differsReason] ?? 0
    let isComplete = missing.isEmpty && differing.count == kept
    if state == .frozen, now.description != ledger.readDigest {
      return (
        .failed(
          "somebody still writes to \(source.url): \(ledger.read) users were read, now there are "
            + "\(now.count)" + Self.sample(missing + differing)), ledger
      )
    }
    guard isComplete, ledger.foundDigest == ledger.expectedDigest else {
      return (
        .failed(
          "\(target.url): \(missing.count) users are missing, \(max(0, differing.count - kept)) "
            + "differ" + Self.sample(missing + differing)), ledger
      )
    }
    guard untold.isEmpty else {
      let what = "\(untold.count) users were not told to choose a password"
      return (.failed("\(target.url): \(what)\(Self.sample(untold))"), ledger)
    }
    if let verdict = try await verifyTrigger() { return (verdict, ledger) }
    return (.passed("\(target.url) holds the \(found.count) users that were copied to it"), ledger)
  }

  private func isUnfinished(_ user: User) -> Bool {
    user.isEnabled && (target as? any UserAdmitting)?.isJustMade(user) == true
  }

  /// Counts users of the source, and gives those whom the target should have, as it should.
  private func wanted(
    _ users: [User], _ now: inout DigestSum
  ) async throws(Failure) -> [User] {
    var wanted: [User] = []
    for user in users {
      now.add(Self.line(user))
      guard skipReason(user) == nil, passwords != .migrateTrigger else { continue }
      let user = try mapping.carried(user)
      if try await importObstacle(to: user) == nil { wanted.append(user) }
    }
    return wanted
  }

  private static func sample(_ names: [String]) -> String {
    guard !names.isEmpty else { return "" }
    return ": " + names.prefix(namedMax).joined(separator: ", ")
      + (names.count > namedMax ? " …" : "")
  }
}
