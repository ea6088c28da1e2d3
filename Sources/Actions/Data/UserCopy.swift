import Digests
import JSON
import Resources
import Rollouts

/// One source directory, its target, and the rules between them.
///
/// `UserCopy+Admission` brings newcomers in, `+Import` and `+Migration` are two other ways of doing
/// so; `+Plan`, `+Verify` and `+Undo` hold the other verbs.
struct UserCopy: Sendable {
  static let differsReason = "there already and different"
  private static let namedMax = 10

  let source: any UserDirectory
  let target: any UserDirectory
  /// Names as bytes.
  let except: Set<[UInt8]>
  let conflicts: UsersCopy.ConflictPolicy
  let passwords: UsersCopy.PasswordPolicy
  let batch: Int
  let state: SourceState
  /// The step's work folder.
  let folder: String
  /// What the playbook says of attributes: a new name, or nothing for leaving it behind.
  var told: [String: String] = [:]
  var groups = UsersCopy.GroupPolicy.refuse
  /// The role of import jobs.
  var role: String?
  /// How long one import job is waited for.
  var jobLimit: Duration = .seconds(12 * 3600)
  /// The function of a migration trigger.
  var function: String?
  /// Names of import jobs begin with it.
  var jobName = "cutover"
  /// Of the plan; until then, everything is carried as it is.
  var mapping = UserMapping()

  /// Names that were free when the copy came to them, written down before they are taken.
  var addedPath: String { "\(folder)/added-users.jsonl" }
  /// Users whom others have changed since, found by undo.
  var archivePath: String { "\(folder)/undo-users.jsonl" }
  var idsPath: String { "\(folder)/user-ids.jsonl" }
  var passwordsPath: String { "\(folder)/temporary-passwords.jsonl" }

  /// The copy by the rules of a plan.
  func following(_ plan: UserCopyPlan) -> UserCopy {
    var copy = self
    copy.mapping = plan.mapping ?? UserMapping(carriesHashes: passwords == .carry)
    return copy
  }

  /// Why a user is left out; nil when the user is to be copied.
  func skipReason(_ user: User) -> String? {
    if except.contains(Array(user.name.utf8)) { return "named in 'except'" }
    return user.externalProvider.map { "signs in through \($0)" }
  }

  func run(
    _ plan: UserCopyPlan, from start: UserCopyCheckpoint, progress: Progress<UserCopyCheckpoint>
  ) async throws(Failure) -> UserCopyCheckpoint {
    let files = try CopyFiles(self)
    if plan.createsTarget { try await target.create() }
    if let store = target as? any UserGrouping {
      for group in plan.newGroups ?? [] { try await store.addGroup(group) }
    }
    var state = start
    if passwords == .importing { try await runImport(files, &state, progress) }
    if passwords == .migrateTrigger { try await attachTrigger(plan, progress.pace) }
    while !state.isDone {
      let page = try await source.page(after: state.position, limit: batch)
      try TablePages.checkMoved(from: state.position, to: page.next, in: source.url)
      try await copy(page.elements, files, &state, progress.pace)
      state.position = page.next
      state.isDone = page.next == nil
      try await progress.save(state)
      report(state.read, of: plan.userCount, "users", progress.pace)
    }
    return state
  }

  /// Shows how far it is, and what holds it back.
  func report(_ done: Int, of total: Int?, _ unit: String, _ pace: Pace) {
    pace.report(
      .init(
        done: done, total: total, unit: unit, waitingFor: target.slowdown ?? source.slowdown))
  }

  private func copy(
    _ users: [User], _ files: CopyFiles, _ state: inout UserCopyCheckpoint, _ pace: Pace
  ) async throws(Failure) {
    var wanted: [(user: User, origin: User)] = []
    for user in users {
      state.read += 1
      state.source.add(Self.line(user))
      if let reason = skipReason(user) {
        state.skip(reason)
        continue
      }
      if passwords == .migrateTrigger {
        state.skip(Self.laterReason)
        continue
      }
      for what in user.unmovable ?? [] { state.remark("come without \(what)") }
      wanted.append((try mapping.carried(user), user))
    }
    if passwords == .importing { wanted = try await imported(wanted, &state) }
    let admissions = try await admit(wanted.map(\.user), files, pace)
    try files.ids?.add(
      zip(wanted, admissions).map { ($0.user.name, from: $0.origin.id, to: $1.id) })
    var refused: [String] = []
    for (user, admission) in zip(wanted.map(\.user), admissions) {
      switch admission.outcome {
      case .added, .addedWithout, .alike:
        if case .addedWithout(let what) = admission.outcome { state.remark("come without \(what)") }
        state.written += 1
        if !files.added.contains(user.name) { state.alreadyThere += 1 }
        state.expected.add(Self.line(mapping.comparable(user)))
      case .differs(let fields):
        if conflicts == .refuse {
          refused.append("\(user.name) (\(fields.joined(separator: ", ")))")
        }
        state.differs(user.name, fields)
      case .unprocessed: preconditionFailure("admit repeats until nobody is left")
      }
    }
    guard refused.isEmpty else {
      throw .refused(
        "\(target.url) has \(refused.count) users who differ: "
          + refused.prefix(Self.namedMax).joined(separator: ", "),
        hint: "Look at them; 'conflicts: \"keep\"' leaves them as they are.")
    }
  }

  /// What a ledger counts of a user: never anything of the password.
  static func line(_ user: User) -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("name", .string(user.name)),
      .init("attributes", .object(user.attributes.map { .init($0.key, .string($0.value)) })),
      .init(
        "groups", .array(user.groups.sorted { $0.precedesInBytes($1) }.map { .string($0) })),
      .init("enabled", .bool(user.isEnabled)),
      .init("provider", user.externalProvider.map { .string($0) } ?? .null),
    ]
    if let factors = user.factors, !factors.methods.isEmpty {
      members.append(.init("factors", .array(factors.methods.map { .string($0.rawValue) })))
      if let preferred = factors.preferred {
        members.append(.init("preferredFactor", .string(preferred.rawValue)))
      }
    }
    return JSONValue.object(members).compact(sortedKeys: true)
  }

  /// Whether the target holds the user as the copy would write it.
  func isSame(_ wanted: User, _ found: User) -> Bool {
    let isPasswordSame =
      !mapping.carriesHashes
      || (wanted.passwordHash ?? "").hasSameBytes(as: found.passwordHash ?? "")
    return isPasswordSame
      && Self.line(mapping.comparable(wanted)) == Self.line(mapping.comparable(found))
  }
}
