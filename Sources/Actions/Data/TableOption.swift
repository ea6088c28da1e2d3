import Resources

/// A setting of a table that a copy does not make, by which source and target may differ.
package enum TableOption: String, Codable, Sendable, CaseIterable {
  case indexes
  case billing
  case timeToLive
  case pointInTimeRecovery
  case stream
  case deletionProtection
  case encryption

  /// What lines of a description about it begin with.
  private var starts: [String] {
    switch self {
    case .indexes: ["global index", "local index", "index"]
    case .billing: ["billing"]
    case .timeToLive: ["time to live"]
    case .pointInTimeRecovery: ["point-in-time recovery"]
    case .stream: ["stream"]
    case .deletionProtection: ["deletion protection"]
    case .encryption: ["encryption"]
    }
  }

  func covers(_ line: String) -> Bool { starts.contains { line.hasPrefix($0) } }

  /// How two tables of one kind differ in what a copy does not make, a line each.
  static func differences(
    _ from: TableDescription, _ to: TableDescription
  ) -> [(line: String, text: String)] {
    let source = from.indexes.filter { line in !to.indexes.contains { same($0, line) } }
    let target = to.indexes.filter { line in !from.indexes.contains { same($0, line) } }
    return source.map { ($0, "only the source has '\($0)'") }
      + target.map { ($0, "only the target has '\($0)'") }
  }

  private static func same(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }
}
