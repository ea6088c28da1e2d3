import Resources
import Rollouts

extension UserCopy {
  /// Users of one job; a job may have half a million, but all stand in memory at once.
  private static let jobUsersMax = 20_000
  static let notImportedReason = "not taken by the import job"

  /// Hands every free user to import jobs, one job after the other, before users are gone through
  /// one by one: a job sets neither groups nor who is disabled.
  func runImport(
    _ files: CopyFiles, _ state: inout UserCopyCheckpoint,
    _ progress: Progress<UserCopyCheckpoint>
  ) async throws(Failure) {
    guard let store = target as? any UserImporting, let role else {
      throw .permanent("\(target.url) has no import jobs", hint: "Choose other 'passwords'.")
    }
    var imports = state.imports ?? UserImports()
    while !imports.isDone {
      if imports.job == nil {
        let (users, next) = try await collect(from: imports.position, store, progress.pace)
        imports.next = next
        if users.isEmpty {
          imports.isDone = true
          break
        }
        try files.added.add(users.map(\.name))
        imports.job = try await store.prepareImport(of: users, name: jobName, role: role)
        state.imports = imports
        try await progress.saveNow(state)
      }
      guard let job = imports.job else { break }
      let outcome = try await carryOut(job, store, progress.pace)
      imports.job = nil
      if outcome.phase == .failed {
        state.imports = imports
        try await progress.saveNow(state)
        throw .permanent(
          "the import job \(job) of \(target.url) failed: \(outcome.message) "
            + "(\(outcome.imported) imported, \(outcome.skipped) skipped, "
            + "\(outcome.failed) failed)",
          hint: "Read the job's log in CloudWatch, mend the cause, then 'cutover retry': those who "
            + "were imported are found there.")
      }
      imports.imported += outcome.imported
      imports.skipped += outcome.skipped
      imports.failed += outcome.failed
      imports.position = imports.next
      imports.isDone = imports.next == nil
      state.imports = imports
      try await progress.saveNow(state)
    }
    state.imports = imports
  }

  /// Users for one job, who are not at the target yet, and where the next ones begin.
  private func collect(
    from start: PagePosition?, _ store: any UserImporting, _ pace: Pace
  ) async throws(Failure) -> (users: [User], next: PagePosition?) {
    var users: [User] = []
    var position = start
    repeat {
      try pace.checkStop()
      let page = try await source.page(after: position, limit: batch)
      try TablePages.checkMoved(from: position, to: page.next, in: source.url)
      var wanted: [User] = []
      for user in page.elements where skipReason(user) == nil {
        let user = try mapping.carried(user)
        if try await store.importObstacle(to: user) == nil { wanted.append(user) }
      }
      let there = try await target.users(named: wanted.map(\.name))
      users += zip(wanted, there).filter { $0.1 == nil }.map(\.0)
      position = page.next
      report(users.count, of: nil, "users gathered for an import job", pace)
    } while position != nil && users.count < Self.jobUsersMax
    return (users, position)
  }

  private func carryOut(
    _ job: String, _ store: any UserImporting, _ pace: Pace
  ) async throws(Failure) -> UserImportState {
    try await store.beginImport(job)
    let wait = StoreWait(pace: pace, within: jobLimit)
    return try await wait.until("the import job \(job)") { () async throws(Failure) in
      let state = try await store.importState(job)
      report(state.imported + state.skipped + state.failed, of: nil, "users of a job", pace)
      return state.phase == .open ? nil : state
    }
  }

  /// Those who can be gone on with after the jobs; the others are counted with their reason.
  func imported(
    _ wanted: [(user: User, origin: User)], _ state: inout UserCopyCheckpoint
  ) async throws(Failure) -> [(user: User, origin: User)] {
    let there = try await target.users(named: wanted.map(\.user.name))
    var found: [(user: User, origin: User)] = []
    for (pair, user) in zip(wanted, there) {
      if user != nil {
        found.append(pair)
      } else {
        state.skip(try await importObstacle(to: pair.user) ?? Self.notImportedReason)
      }
    }
    return found
  }

  /// Why nobody could expect the user to be at the target after an import; nil otherwise.
  func importObstacle(to user: User) async throws(Failure) -> String? {
    guard passwords == .importing, let store = target as? any UserImporting else { return nil }
    return try await store.importObstacle(to: user)
  }
}
