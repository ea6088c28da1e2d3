import JSON
package import Resources

/// A table to be made anew, and of what.
package struct TableRevival: Decodable, Sendable {
  /// The table that was backed up, or whose past is wanted.
  package var from: ResourceURL
  /// The table to make; it must not exist.
  package var to: ResourceURL
  package var backup: String?
  package var at: String?

  package init(from: ResourceURL, to: ResourceURL, backup: String? = nil, at: String? = nil) {
    self.from = from
    self.to = to
    self.backup = backup
    self.at = at
  }

  /// Of what the table is made; `backups` is an output of tables.backup.
  func origin(_ backups: JSONValue?, of action: String) throws(Failure) -> TableOrigin {
    let moment = try MomentText.read(at, "at", of: action)
    if let id = backup ?? backups?[from.text]?.string {
      guard moment == nil else {
        throw .permanent(
          "\(action): \(from) has a backup and a moment",
          hint: "Leave 'at' out, or the backup; a backup holds one moment only.")
      }
      return .backup(id)
    }
    guard backups == nil else {
      throw .permanent(
        "\(action): 'backups' says nothing of \(from)",
        hint: "Name the table in the step tables.backup, by the same URL.")
    }
    return .past(of: from, at: moment)
  }
}
