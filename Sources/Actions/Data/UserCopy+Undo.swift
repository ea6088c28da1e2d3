import JSON
import Resources
import Rollouts

extension UserCopy {
  /// Removes exactly those who were added, after keeping whom others have changed since.
  ///
  /// The archive holds changed users whole, with their password hashes: it is the only place where
  /// a password chosen since still is, and readable by its owner only.
  func undo(_ plan: UserCopyPlan, _ pace: Pace) async throws(Failure) {
    guard try await target.description() != nil else { return }
    try await detachTrigger(plan)
    var names = try LineReader(addedPath)
    var archive: Archive?
    var done = 0
    while true {
      try pace.checkStop()
      var batch: [String] = []
      while batch.count < self.batch, let line = try names?.next() {
        if let name = try? JSONValue(reading: line).string { batch.append(name) }
      }
      if batch.isEmpty { break }
      var gone: [String] = []
      var changed: [[UInt8]] = []
      let there = try await target.users(named: batch).compactMap(\.self)
      let origins = try await source.users(named: there.map(\.name))
      for (user, origin) in zip(there, origins) {
        gone.append(user.name)
        var wanted: User?
        if let origin { wanted = try mapping.carried(origin) }
        if wanted.map({ isSame($0, user) }) != true { changed.append(try Self.whole(user)) }
      }
      if !changed.isEmpty {
        let file: Archive
        if let archive { file = archive } else { file = try Archive(at: archivePath) }
        archive = file
        try file.add(changed)
      }
      try await target.remove(gone)
      done += batch.count
      report(done, of: plan.userCount, "users taken back", pace)
    }
    try await removeGroups(plan, pace)
    try TemporaryPasswords.remove(passwordsPath)
    if let count = try Archive.count(at: archivePath) {
      try await pace.note(
        "\(count) users of \(target.url) who were changed there are kept in \(archivePath)")
    }
  }

  /// Takes back the groups that the copy has made, unless somebody has joined them since.
  private func removeGroups(_ plan: UserCopyPlan, _ pace: Pace) async throws(Failure) {
    guard let store = target as? any UserGrouping else { return }
    for group in plan.newGroups ?? [] where try await !store.removeGroup(group.name) {
      try await pace.note("the group \(group.name) of \(target.url) stays: somebody is in it")
    }
  }

  private static func whole(_ user: User) throws(Failure) -> [UInt8] {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: user).compact(sortedKeys: true)
    } catch {
      throw .permanent("cannot write down the user \(user.name)", hint: "Report this bug.")
    }
  }
}
