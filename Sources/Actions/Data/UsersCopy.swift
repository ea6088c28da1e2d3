package import Resources
package import Rollouts

/// Copies the users of a directory, never changing one who is there already.
///
/// Password hashes are carried only between directories that both do so, and never stand in a
/// plan, a ledger or a message.
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
      uses: [.look, .read, .write, .create]),
    .optional("except", .list(.string), "Names of users who are left out."),
    .optional(
      "conflicts", .choice(ConflictPolicy.allCases.map(\.rawValue)),
      "What to do about a user who is there and differs: stop, or keep the target's and count it.",
      default: ConflictPolicy.refuse.rawValue),
    .optional(
      "passwords", .choice(PasswordPolicy.allCases.map(\.rawValue)),
      "Whether password hashes go along (carry) or users must set new passwords (leave).",
      default: PasswordPolicy.carry.rawValue),
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
    case carry
    case leave
  }

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var except: [String]?
    package var conflicts: ConflictPolicy?
    package var passwords: PasswordPolicy?
    package var batch: Int?
    package var source: SourceState?

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
    copy = UserCopy(
      source: try site.users(input.from), target: try site.users(input.to),
      except: Set((input.except ?? []).map { Array($0.utf8) }),
      conflicts: input.conflicts ?? .refuse, passwords: input.passwords ?? .carry, batch: batch,
      state: input.source ?? .frozen, folder: site.workFolder)
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
    let isCarried = source.carriesPasswordHashes && target?.carriesPasswordHashes != false
    if copy.passwords == .carry, !isCarried {
      throw .refused(
        "passwords cannot be carried from \(from) to \(to)",
        hint: "Say 'passwords: \"leave\"'; the users must then set new passwords.")
    }
    let count = source.userCount.map { "\($0) users" } ?? "the users"
    changes.append(
      "copy \(count) from \(from) to \(to) "
        + (copy.passwords == .carry ? "with their password hashes" : "without passwords"))
    return Planned(
      UserCopyPlan(createsTarget: target == nil, userCount: source.userCount), changes: changes,
      estimate: Estimate(
        seconds: source.userCount.map { Double($0) / Self.usersPerSecond },
        items: source.userCount),
      reversal: target == nil
        ? .compensating("the directory that was made stays, without the users") : nil)
  }

  package func apply(
    _ plan: UserCopyPlan, from checkpoint: UserCopyCheckpoint?,
    progress: Progress<UserCopyCheckpoint>
  ) async throws(Failure) -> StepReport {
    let state = try await copy.run(plan, from: checkpoint ?? .init(), progress: progress)
    return StepReport(
      ledgers: [state.ledger(from: copy.source.url, to: copy.target.url)], notes: state.notes)
  }

  package func verify(
    _ plan: UserCopyPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let ledger = report.ledgers.first else {
      return Verification(.inconclusive("the copy has left no account"))
    }
    let (verdict, completed) = try await copy.verify(ledger, pace)
    return Verification(verdict, ledgers: [completed])
  }

  package func undo(
    _ plan: UserCopyPlan, from checkpoint: UserCopyCheckpoint?, pace: Pace
  ) async throws(Failure) {
    try await copy.undo(plan, pace)
  }
}
