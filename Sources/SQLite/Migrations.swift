/// One step of a schema, never edited once released.
package struct Migration: Sendable {
  package let name: String
  package let script: String

  package init(_ name: String, _ script: String) {
    self.name = name
    self.script = script
  }
}

/// The ordered history of a schema; new migrations are added at the end only.
///
/// The file records how many it has had in `user_version`. Each is applied in a transaction of its
/// own, so a crash leaves the file between two versions, never within one. Safe to repeat, and safe
/// for two processes at once.
package struct Migrations: Sendable {
  /// The file was written by a later version of the program.
  package struct NewerSchema: Error, Equatable, CustomStringConvertible {
    package let found: Int
    package let known: Int
    package var description: String {
      "the schema has version \(found), and this program knows versions up to \(known) only"
    }
  }

  package let list: [Migration]

  package init(_ list: [Migration]) { self.list = list }

  package var version: Int { list.count }

  /// Applies what is missing, and answers the names of what was applied.
  @discardableResult
  package func apply(to connection: Connection) throws -> [String] {
    var applied: [String] = []
    while try pendingCount(in: connection) > 0 {
      let name: String? = try connection.write { connection in
        // Asked again under the lock: another process may have been quicker.
        let done = try list.count - pendingCount(in: connection)
        guard done < list.count else { return nil }
        try connection.execute(list[done].script)
        try connection.setUserVersion(done + 1)
        return list[done].name
      }
      if let name { applied.append(name) }
    }
    return applied
  }

  /// How many migrations the file still needs.
  package func pendingCount(in connection: Connection) throws -> Int {
    let found = try connection.userVersion()
    guard (0...list.count).contains(found) else {
      throw NewerSchema(found: found, known: list.count)
    }
    return list.count - found
  }
}
