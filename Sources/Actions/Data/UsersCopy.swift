package import Resources
package import Rollouts

/// Copies the users of a directory, never changing one who is there already.
///
/// Password hashes are carried only between directories that both do so, and never stand in a
/// plan, a ledger or a message. Where they cannot be, the playbook says how users come to a new
/// password; what that means for people stands in the plan.
package struct UsersCopy: Action {
  package static let name = "users.copy"
  package static let summary = "Copy the users of a directory with attributes and groups."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .required(
      "from", .resource(.users), "The source; it is only read.",
      uses: [.look, .read]),
    .required(
      "to", .resource(.users), "The target; it is made when it is missing.",
      uses: [.look, .read, .write, .destroy]),
    .optional("except", .list(.string), "Names of users who are left out."),
    .optional(
      "conflicts", .choice(ConflictPolicy.allCases.map(\.rawValue)),
      "What to do about a user who is there and differs: stop, or keep the target's and count it.",
      default: ConflictPolicy.refuse.rawValue),
    .optional(
      "passwords", .choice(PasswordPolicy.allCases.map(\.rawValue)),
      "Whether password hashes go along (carry) or how users come to new ones; see the plan.",
      default: PasswordPolicy.carry.rawValue),
    .optional(
      "attributes", .map(.string),
      "New names of attributes, \"\" to leave one behind; others are mapped by the target's schema."
    ),
    .optional(
      "groups", .choice(GroupPolicy.allCases.map(\.rawValue)),
      "What to do about groups that the target does not have: stop, make them, or carry no groups.",
      default: GroupPolicy.refuse.rawValue),
    .optional("importRole", .string, "The ARN of the role that lets an import job write its log."),
    .optional(
      "within", .duration, "How long one import job may take.", default: "12h"),
    .optional(
      "function", .string,
      "The ARN of the function that the target asks about unknown users (migrate-trigger)."),
    .optional(
      "batch", .integer(batchRange), "Users read and added at a time.",
      default: "\(batchDefault)"),
    .optional(
      "source", .choice(SourceState.allCases.map(\.rawValue)),
      "Whether a source that changes meanwhile fails the verification (frozen) or not (moving).",
      default: SourceState.frozen.rawValue),
  ]

  private static let batchRange = 1...1000
  private static let batchDefault = 100
  /// What an estimate reckons with where nothing was measured.
  private static let usersPerSecond = 100.0

  package enum ConflictPolicy: String, Codable, Sendable, CaseIterable {
    case refuse
    case keep
  }

  package enum PasswordPolicy: String, Codable, Sendable, CaseIterable {
    /// Hashes go along; both directories must keep them.
    case carry
    /// Nobody is told anything; users ask for a new password by themselves.
    case leave
    /// Users are sent a code at once and must choose a new password.
    case reset
    /// The directory sends temporary passwords.
    case invite
    /// Temporary passwords are written to a file.
    case temporary
    /// The directory's import jobs make the users.
    case importing = "import"
    /// Users come over one by one when they sign in.
    case migrateTrigger = "migrate-trigger"
  }

  package enum GroupPolicy: String, Codable, Sendable, CaseIterable {
    case refuse
    case create
    case leave
  }

  package static let outputs = ["userIds", "temporaryPasswords", "migrationFolder"]

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var except: [String]?
    package var conflicts: ConflictPolicy?
    package var passwords: PasswordPolicy?
    package var batch: Int?
    package var source: SourceState?
    package var attributes: [String: String]?
    package var groups: GroupPolicy?
    package var importRole: String?
    package var within: PlaybookDuration?
    package var function: String?

    package init(from: ResourceURL, to: ResourceURL) {
      self.from = from
      self.to = to
    }
  }

  private let site: Site
  private let copy: UserCopy

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    let batch = input.batch ?? Self.batchDefault
    guard Self.batchRange.contains(batch) else {
      throw .permanent("\(Self.name): 'batch' is out of bounds", hint: "It is \(Self.batchRange).")
    }
    guard input.from != input.to else {
      throw .permanent(
        "\(Self.name): \(input.from) is source and target", hint: "Name two directories.")
    }
    let passwords = input.passwords ?? .carry
    guard passwords != .importing || input.importRole != nil else {
      throw .permanent(
        "\(Self.name): an import needs 'importRole'",
        hint: "Give the ARN of a role that may write to CloudWatch Logs.")
    }
    var copy = UserCopy(
      source: try site.users(input.from), target: try site.users(input.to),
      except: Set((input.except ?? []).map { Array($0.utf8) }),
      conflicts: input.conflicts ?? .refuse, passwords: passwords, batch: batch,
      state: input.source ?? .frozen, folder: site.workFolder)
    copy.told = input.attributes ?? [:]
    copy.groups = input.groups ?? .refuse
    copy.role = input.importRole
    if let within = input.within { copy.jobLimit = within.duration }
    copy.function = input.function
    copy.jobName = "cutover-\(site.rollout)-\(site.step)"
    self.copy = copy
  }

  package func plan() async throws(Failure) -> Planned<UserCopyPlan> {
    let (from, to) = (copy.source.url, copy.target.url)
    guard let source = try await copy.source.description() else {
      guard site.isPreview else {
        throw .permanent("\(from) does not exist", hint: "Name a user directory that is there.")
      }
      return Planned(
        UserCopyPlan(createsTarget: false),
        changes: ["copy the users of \(from), which an earlier step makes, to \(to)"])
    }
    let target = try await copy.target.description()
    var changes: [String] = []
    if target == nil {
      changes.append(site.isPreview ? "create \(to) unless an earlier step does" : "create \(to)")
    } else if let count = target?.userCount, count > 0 {
      changes.append("\(to) holds \(count) users already, who stay as they are")
    }
    try checkPasswords(source, target)
    let (plan, lines) = try await copy.plan(from: source, to: target)
    let count = plan.userCount.map { "\($0) users" } ?? "the users"
    if copy.passwords != .migrateTrigger {
      changes.append(
        "copy \(count) from \(from) to \(to) "
          + (copy.passwords == .carry ? "with their password hashes" : "without passwords"))
    }
    return Planned(
      plan, changes: changes + lines,
      estimate: Estimate(
        seconds: plan.userCount.map { Double($0) / Self.usersPerSecond }, items: plan.userCount),
      reversal: target == nil
        ? .compensating("the directory that was made stays, without the users") : nil)
  }

  /// Passwords go along between directories that both keep hashes, and else not at all.
  private func checkPasswords(
    _ source: UserDirectoryDescription, _ target: UserDirectoryDescription?
  ) throws(Failure) {
    let isCarried = source.carriesPasswordHashes && target?.carriesPasswordHashes != false
    let isAdmitting = copy.target is any UserAdmitting
    let others = PasswordPolicy.allCases.filter { $0 != .carry && ($0 == .leave || isAdmitting) }
    let names = others.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    if copy.passwords == .carry, !isCarried {
      throw .refused(
        "passwords cannot be carried from \(copy.source.url) to \(copy.target.url)",
        hint:
          "Choose another way for 'passwords': \(names). To leave them, users must set new ones.")
    }
    guard copy.passwords == .carry || others.contains(copy.passwords) else {
      throw .refused(
        "\(copy.target.url) does not make passwords itself",
        hint: "Choose \"carry\" or \"leave\" for 'passwords'.")
    }
  }

  package func apply(
    _ plan: UserCopyPlan, from checkpoint: UserCopyCheckpoint?,
    progress: Progress<UserCopyCheckpoint>
  ) async throws(Failure) -> StepReport {
    let state = try await copy.following(plan)
      .run(plan, from: checkpoint ?? .init(), progress: progress)
    return StepReport(
      outputs: outputs,
      ledgers: [state.ledger(from: copy.source.url, to: copy.target.url)], notes: state.notes)
  }

  /// Where the step has left what later steps and people need.
  private var outputs: [String: String] {
    var outputs: [String: String] = [:]
    if copy.passwords == .migrateTrigger {
      outputs["migrationFolder"] = "\(copy.folder)/migration"
    } else if copy.target is any UserAdmitting {
      outputs["userIds"] = copy.idsPath
    }
    if copy.passwords == .temporary { outputs["temporaryPasswords"] = copy.passwordsPath }
    return outputs
  }

  package func verify(
    _ plan: UserCopyPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let ledger = report.ledgers.first else {
      return Verification(.inconclusive("the copy has left no account"))
    }
    let (verdict, completed) = try await copy.following(plan).verify(ledger, pace)
    return Verification(verdict, ledgers: [completed])
  }

  package func undo(
    _ plan: UserCopyPlan, from checkpoint: UserCopyCheckpoint?, pace: Pace
  ) async throws(Failure) {
    try await copy.following(plan).undo(plan, pace)
  }
}
