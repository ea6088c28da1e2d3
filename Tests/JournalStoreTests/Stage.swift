import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import SQLite

/// A journal in a folder of its own, with what most tests need in it.
struct Stage: Sendable {
  let folder: TemporaryFolder
  let path: String
  let journal: SQLiteJournal

  static let person = Person(name: "ann", role: "release", reason: "it is time")
  static let holder = LeaseHolder(person: "ann", host: "ship", pid: 17, incarnation: "b/s/1")
  static let rival = LeaseHolder(person: "bob", host: "ship", pid: 18, incarnation: "b/s/2")

  init() async throws {
    folder = try TemporaryFolder()
    path = folder.file("state/journal.db")
    journal = try await SQLiteJournal.open(path, for: .create)
  }

  /// Another connection to the same file.
  func reopened(for access: SQLiteJournal.Access = .write) async throws -> SQLiteJournal {
    try await SQLiteJournal.open(path, for: access)
  }

  static func moment(_ seconds: Int) -> Timestamp {
    Timestamp(milliseconds: 1_795_230_245_000 + Int64(seconds) * 1000)
  }

  static func rollout(
    _ id: String, environment: String = "prod", from: Colour = .blue, at seconds: Int = 0
  ) -> RolloutRecord {
    RolloutRecord(
      id: id, environment: environment, from: from, to: from.other,
      playbook: "{ playbook: 1 } // \u{1F6A2}", playbookName: "playbooks/local.json5",
      parameters: #"{"region":"eu"}"#, preview: #"{"steps":[]}"#, started: moment(seconds))
  }

  /// Begins a rollout and leaves it open.
  func begin(
    _ id: String = "r1", environment: String = "prod", from: Colour = .blue
  ) async throws -> Lease {
    let lease = try await journal.acquire(
      environment, as: Self.holder, takingOver: nil, at: Self.moment(0))
    try await journal.begin(
      Self.rollout(id, environment: environment, from: from), fact: .started(by: Self.person),
      lease: lease)
    return lease
  }

  @discardableResult
  func append(
    _ fact: Fact, to rollout: String = "r1", at seconds: Int = 1, live: Colour? = nil,
    answering request: Int? = nil, lease: Lease
  ) async throws(JournalError) -> FactRecord {
    try await journal.append(
      fact, to: rollout, at: Self.moment(seconds), live: live, answering: request, lease: lease)
  }

  /// A rollout from its beginning to its end, with a promotion.
  func complete(_ id: String = "r1") async throws {
    let lease = try await begin(id)
    try await append(
      .planned(step: "switch", plan: #"{"ttl":60}"#, changes: ["A www"]), to: id, lease: lease)
    try await append(.applied(step: "switch", report: StepReport()), to: id, at: 2, lease: lease)
    try await journal.save(
      checkpoint: #"{"record":1}"#, of: "switch", in: id, at: Self.moment(2), lease: lease)
    try await append(
      .verified(step: "switch", verification: Verification(.passed("all of 3 servers agree"))),
      to: id, at: 3, live: .green, lease: lease)
    try await append(.noted(step: nil, text: "done soon"), to: id, at: 4, lease: lease)
    try await append(.completed, to: id, at: 5, live: .green, lease: lease)
    try await journal.release(lease)
  }

  func sqlite3(_ sql: String) throws -> Tool.Output { try Tool.sqlite3(path, sql) }

  /// Changes the file as someone does who removes the guards first and puts them back behind him.
  func tamper(_ sql: String) throws {
    let connection = try Connection(.file(path), mode: .write)
    let guards = try connection.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      .map { ($0[0].stringValue ?? "", $0[1].stringValue ?? "") }
    let script =
      guards.map { "DROP TRIGGER \($0.0);" } + [sql + ";"] + guards.map { "\($0.1);" }
    let output = try sqlite3(script.joined(separator: "\n"))
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }
}

extension JournalError {
  var isFenced: Bool {
    if case .fenced = self { true } else { false }
  }

  var holder: LeaseHolder? {
    if case .held(let lease) = self { lease.holder } else { nil }
  }
}
