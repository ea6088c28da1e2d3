/// Finds references to secrets in a text.
enum SecretReference {
  private static let opening = "${secret:"

  /// Source and name of each, as in `${secret:ssm:/name}`.
  static func all(in text: String) -> [(kind: String, name: String)] {
    var found: [(kind: String, name: String)] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: opening) {
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}") else { break }
      let parts = rest[..<end].split(separator: ":", maxSplits: 1)
      if parts.count == 2 { found.append((String(parts[0]), String(parts[1]))) }
      rest = rest[rest.index(after: end)...]
    }
    return found
  }
}
