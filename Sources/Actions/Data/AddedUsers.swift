import JSON
import Resources

/// The names that a copy takes, durable before they are taken.
///
/// Used by one task at a time.
final class AddedUsers {
  private let archive: Archive

  init(_ path: String) throws(Failure) { archive = try Archive(at: path) }

  func contains(_ name: String) -> Bool { archive.contains(Self.line(name)) }

  func add(_ names: [String]) throws(Failure) { try archive.add(names.map(Self.line)) }

  private static func line(_ name: String) -> [UInt8] { JSONValue.string(name).compact() }
}
