package import Resources

/// A source table, its target, and what happens to the items on the way.
package struct TablePair: Decodable, Sendable, Hashable {
  package var from: ResourceURL
  package var to: ResourceURL
  /// A statement of ``TransformMaker``; nil carries items through unchanged.
  package var transform: String?

  package init(from: ResourceURL, to: ResourceURL, transform: String? = nil) {
    self.from = from
    self.to = to
    self.transform = transform
  }

  /// The pairs that an input names, either as a list or by a single `from` and `to`.
  static func pairs(
    _ list: [TablePair]?, from: ResourceURL?, to: ResourceURL?, transform: String?, of name: String
  ) throws(Failure) -> [TablePair] {
    let hint = "Give either 'pairs', or 'from' and 'to'."
    var pairs = list ?? []
    switch (from, to) {
    case (let from?, let to?):
      guard list == nil else {
        throw .permanent("\(name): two ways to name the tables", hint: hint)
      }
      pairs = [TablePair(from: from, to: to, transform: transform)]
    case (nil, nil):
      guard transform == nil else {
        throw .permanent(
          "\(name): 'transform' stands beside 'pairs'", hint: "Put it into the pair it is for.")
      }
    case (_?, nil), (nil, _?):
      throw .permanent("\(name): 'from' and 'to' belong together", hint: hint)
    }
    guard !pairs.isEmpty else { throw .permanent("\(name): no tables are named", hint: hint) }
    return pairs
  }

  /// Refuses pairs that would write into one another.
  static func check(_ pairs: [TablePair], of name: String) throws(Failure) {
    var targets: Set<ResourceURL> = []
    let sources = Set(pairs.map(\.from))
    for pair in pairs {
      guard !sources.contains(pair.to) else {
        throw .permanent(
          "\(name): \(pair.to) is a source and a target",
          hint: "Give each target a table of its own.")
      }
      guard targets.insert(pair.to).inserted else {
        throw .permanent(
          "\(name): \(pair.to) is the target twice", hint: "Give each target a table of its own.")
      }
    }
  }
}
