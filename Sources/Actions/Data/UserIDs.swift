import JSON
import Resources

/// Which id of the target belongs to which id of the source; readable by its owner only.
///
/// Used by one task at a time.
final class UserIDs {
  private let archive: Archive

  init(_ path: String) throws(Failure) { archive = try Archive(at: path) }

  /// Pairs in which one side has no id of its own are left out.
  func add(_ pairs: [(name: String, from: String?, to: String?)]) throws(Failure) {
    try archive.add(
      pairs.compactMap { pair in
        guard let from = pair.from, let to = pair.to else { return nil }
        return JSONValue.object([
          .init("from", .string(from)), .init("name", .string(pair.name)), .init("to", .string(to)),
        ]).compact()
      })
  }
}
