import Foundation
import Resources
import Rollouts

extension UserCopy {
  static let laterReason = "comes over when signing in for the first time"

  /// Writes the function's files and, where a function is named, lets the target ask it.
  func attachTrigger(_ plan: UserCopyPlan, _ pace: Pace) async throws(Failure) {
    let store = try migrating()
    let files = try store.migrationFiles(
      from: source.url, attributes: mapping.attributes ?? [:])
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder)/\(name)"
      try WorkFiles.makeFolder((path as NSString).deletingLastPathComponent)
      try await WorkFiles.write(path) { file in try file.write(contentsOf: Data(text.utf8)) }
    }
    guard let function else {
      try await pace.note("no function is named: nobody comes to \(target.url) by itself yet")
      return
    }
    try await store.setMigrationFunction(function, former: plan.formerFunction)
    try await pace.note("\(target.url) asks \(function) about unknown users")
  }

  func detachTrigger(_ plan: UserCopyPlan) async throws(Failure) {
    guard passwords == .migrateTrigger, let function else { return }
    try await migrating().setMigrationFunction(plan.formerFunction, former: function)
  }

  func migrating() throws(Failure) -> any UserMigrating {
    if let store = target as? any UserMigrating { return store }
    throw .permanent(
      "\(target.url) cannot ask another directory about unknown users",
      hint: "Choose other 'passwords'.")
  }

  /// Whether the target asks the function that the playbook names.
  func verifyTrigger() async throws(Failure) -> Verdict? {
    guard passwords == .migrateTrigger else { return nil }
    guard let function else {
      return .inconclusive(
        "no function is named in the playbook; attach the one in \(folder)/migration yourself")
    }
    let found = try await migrating().migrationFunction()
    return found == function
      ? .passed("\(target.url) asks \(function) about unknown users")
      : .failed("\(target.url) asks \(found ?? "no function") about unknown users")
  }
}
