import Digests
import JSON
import Resources
import Rollouts

/// One source directory, its target, and the rules between them.
///
/// `UserCopy+Verify` and `UserCopy+Undo` hold its other verbs.
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

  /// Names that were free when the copy came to them, written down before they are taken.
  var addedPath: String { "\(folder)/added-users.jsonl" }
  /// Users whom others have changed since, found by undo.
  var archivePath: String { "\(folder)/undo-users.jsonl" }

  /// Why a user is left out; nil when the user is to be copied.
  func skipReason(_ user: User) -> String? {
    if except.contains(Array(user.name.utf8)) { return "named in 'except'" }
    return user.externalProvider.map { "signs in through \($0)" }
  }

  /// The user as the target should hold it.
  func carried(_ user: User) -> User {
    var user = user
    if passwords == .leave { user.passwordHash = nil }
    return user
  }

  func run(
    _ plan: UserCopyPlan, from start: UserCopyCheckpoint, progress: Progress<UserCopyCheckpoint>
  ) async throws(Failure) -> UserCopyCheckpoint {
    let added = try AddedUsers(addedPath)
    if plan.createsTarget { try await target.create() }
    var state = start
    while !state.isDone {
      let page = try await source.page(after: state.position, limit: batch)
      try TablePages.checkMoved(from: state.position, to: page.next, in: source.url)
      try await copy(page.elements, added, &state, progress.pace)
      state.position = page.next
      state.isDone = page.next == nil
      try await progress.save(state)
      progress.pace.report(.init(done: state.read, total: plan.userCount, unit: "users"))
    }
    return state
  }

  private func copy(
    _ users: [User], _ added: AddedUsers, _ state: inout UserCopyCheckpoint, _ pace: Pace
  ) async throws(Failure) {
    var wanted: [User] = []
    for user in users {
      state.read += 1
      state.source.add(Self.line(user))
      if let reason = skipReason(user) { state.skip(reason) } else { wanted.append(carried(user)) }
    }
    // Whoever is free now is ours to take back; that must be known before it is taken.
    var free: [String] = []
    for user in wanted where !added.contains(user.name) {
      if try await target.user(named: user.name) == nil { free.append(user.name) }
    }
    try added.add(free)
    let additions = try await add(wanted, pace)
    var refused: [String] = []
    for (user, addition) in zip(wanted, additions) {
      switch addition {
      case .added, .addedWithout, .alike:
        if case .addedWithout(let what) = addition { state.remark("without \(what)") }
        state.written += 1
        if !added.contains(user.name) { state.alreadyThere += 1 }
        state.expected.add(Self.line(user))
      case .differs(let fields):
        if conflicts == .refuse {
          refused.append("\(user.name) (\(fields.joined(separator: ", ")))")
        }
        state.differs(user.name, fields)
      case .unprocessed: preconditionFailure("add repeats until nobody is left")
      }
    }
    guard refused.isEmpty else {
      throw .refused(
        "\(target.url) has \(refused.count) users who differ: "
          + refused.prefix(Self.namedMax).joined(separator: ", "),
        hint: "Look at them; 'conflicts: \"keep\"' leaves them as they are.")
    }
  }

  /// Adds until the directory has answered for everybody.
  private func add(_ users: [User], _ pace: Pace) async throws(Failure) -> [UserAddition] {
    var answers = [UserAddition](repeating: .unprocessed, count: users.count)
    var left = Array(users.indices)
    var patience = Patience(pace: pace)
    while !left.isEmpty {
      let result = try await target.add(left.map { users[$0] })
      guard result.count == left.count else {
        throw .permanent(
          "\(target.url) answered for \(result.count) of \(left.count) users",
          hint: "Report this bug.")
      }
      for (index, answer) in zip(left, result) { answers[index] = answer }
      let before = left.count
      left = left.filter { answers[$0] == .unprocessed }
      if left.isEmpty { break }
      try await patience.rest(
        madeProgress: left.count < before, "\(target.url) to take \(left.count) more users")
    }
    return answers
  }

  /// What a ledger counts of a user: never anything of the password.
  static func line(_ user: User) -> [UInt8] {
    JSONValue.object([
      .init("name", .string(user.name)),
      .init("attributes", .object(user.attributes.map { .init($0.key, .string($0.value)) })),
      .init(
        "groups", .array(user.groups.sorted { $0.precedesInBytes($1) }.map { .string($0) })),
      .init("enabled", .bool(user.isEnabled)),
      .init("provider", user.externalProvider.map { .string($0) } ?? .null),
    ]).compact(sortedKeys: true)
  }

  /// Whether the target holds the user as the copy would write it.
  func isSame(_ wanted: User, _ found: User) -> Bool {
    let isPasswordSame =
      passwords == .leave
      || (wanted.passwordHash ?? "").hasSameBytes(as: found.passwordHash ?? "")
    return isPasswordSame && Self.line(wanted) == Self.line(found)
  }
}
