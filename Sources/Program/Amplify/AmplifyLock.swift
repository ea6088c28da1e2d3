internal import Foundation
internal import JSON
internal import Resources

/// That one journal at a time migrates a backend, told in the backend's own table.
///
/// The journal's lease keeps two processes of one machine apart; this keeps machines apart. Whoever
/// was killed finds its own lock again, since it goes by the journal.
struct AmplifyLock: Sendable {
  let site: AmplifySite
  let holder: String

  static let action = "lock"

  init(_ site: AmplifySite, journal: JournalOption, person: String) {
    self.site = site
    let path = URL(filePath: journal.path).standardizedFileURL.path
    holder = "\(person) with \(path) on \(ProcessInfo.processInfo.hostName)"
  }

  /// Takes it, or throws with who has it.
  func take(overriding: Bool) async throws {
    let table = try site.table()
    let key: JSONValue = ["action": ["S": .string(Self.action)], "timestamp": ["N": "0"]]
    let found = try await table.items(for: [ItemKey(bytes: key.compact())])
    let there = found.first ?? nil
    let own = try item()
    var change = ItemChange.insert(own)
    if let there {
      let value = try JSONValue(reading: there.bytes)
      let other = value["holder"]?["S"]?.string ?? "somebody"
      if other.hasSameBytes(as: holder) { return }
      guard overriding else {
        throw Refusal(
          .held,
          "\(site.backend.title) is being migrated by \(other), since "
            + (value["since"]?["S"]?.string ?? "some time"),
          hint: "Wait for it. If it surely has ended, go on with --take-over.")
      }
      change = .replace(former: there, with: own)
    }
    let outcome = try await table.write([change])
    guard outcome.conflicts.isEmpty, outcome.unprocessed.isEmpty else {
      throw Refusal(
        .held, "somebody else has just begun to migrate \(site.backend.title)",
        hint: "Nothing was begun. See how it goes, and run the same command again.")
    }
  }

  private func item() throws -> Item {
    let now = site.context.wiring.clock.now().description
    let value: JSONValue = [
      "action": ["S": .string(Self.action)], "holder": ["S": .string(holder)],
      "since": ["S": .string(now)], "timestamp": ["N": "0"],
    ]
    return Item(bytes: try ItemForm.canonical(value.compact()), isCanonical: true)
  }

  /// Lets it go if it is still this journal's.
  func release() async throws {
    let table = try site.table()
    let key: JSONValue = ["action": ["S": .string(Self.action)], "timestamp": ["N": "0"]]
    guard let there = try await table.items(for: [ItemKey(bytes: key.compact())]).first ?? nil,
      let value = try? JSONValue(reading: there.bytes),
      value["holder"]?["S"]?.string?.hasSameBytes(as: holder) == true
    else { return }
    _ = try await table.write([.remove(former: there)])
  }
}
