import JSON
import Resources

/// How two tables differ: counts of everything, names of the first few.
struct TableFindings: Sendable {
  enum Kind: Sendable {
    /// Expected, but not there.
    case missing
    case differing
    /// There, but not expected.
    case extra
  }

  private static let attributesNamedMax = 8

  let namedMax: Int
  /// Items that the left side gives, after the transform.
  var leftCount = 0
  var rightCount = 0
  var missing = 0
  var differing = 0
  var extra = 0
  private(set) var named: [String] = []

  init(namedMax: Int) { self.namedMax = namedMax }

  var isEqual: Bool { missing == 0 && differing == 0 && extra == 0 }
  var differenceCount: Int { missing + differing + extra }

  mutating func add(_ kind: Kind, _ key: ItemKey, in versions: ([UInt8], [UInt8])?) {
    switch kind {
    case .missing: missing += 1
    case .differing: differing += 1
    case .extra: extra += 1
    }
    guard named.count < namedMax else { return }
    switch kind {
    case .missing: named.append("\(key.text) is missing")
    case .extra: named.append("\(key.text) is there besides")
    case .differing:
      let names = versions.map { Self.attributes($0.0, $0.1) } ?? []
      let few = names.prefix(Self.attributesNamedMax).joined(separator: ", ")
      named.append("\(key.text) differs in \(few)")
    }
  }

  /// As `3 missing, 1 differing: {"id":{"S":"a"}} is missing; …`.
  var text: String {
    let counts = [(missing, "missing"), (differing, "differing"), (extra, "besides")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    let names = named.joined(separator: "; ") + (differenceCount > named.count ? "; …" : "")
    return named.isEmpty ? counts : "\(counts): \(names)"
  }

  /// The names of the top-level attributes that are not the same.
  private static func attributes(_ one: [UInt8], _ other: [UInt8]) -> [String] {
    guard let left = try? JSONValue(reading: one), let right = try? JSONValue(reading: other)
    else { return ["its bytes"] }
    var names: [String] = []
    for member in left.members ?? [] where right[member.name] != member.value {
      names.append(member.name)
    }
    for member in right.members ?? [] where left[member.name] == nil { names.append(member.name) }
    return names
  }
}
