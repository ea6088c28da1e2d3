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
      for name in batch {
        guard let there = try await target.user(named: name) else { continue }
        gone.append(name)
        let wanted = try await source.user(named: name).map(carried)
        if wanted.map({ isSame($0, there) }) != true { changed.append(try Self.whole(there)) }
      }
      if !changed.isEmpty {
        let file: Archive
        if let archive { file = archive } else { file = try Archive(at: archivePath) }
        archive = file
        try file.add(changed)
      }
      try await target.remove(gone)
      done += batch.count
      pace.report(.init(done: done, unit: "users taken back"))
    }
    if let count = try Archive.count(at: archivePath) {
      try await pace.note(
        "\(count) users of \(target.url) who were changed there are kept in \(archivePath)")
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
