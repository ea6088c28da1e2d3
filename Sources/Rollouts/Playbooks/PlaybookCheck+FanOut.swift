import JSON
import Resources

/// Which of several steps a step is that one entry of the playbook makes.
struct StepShare {
  /// The entry's id.
  let name: String
  /// From 0 on.
  let place: Int
  /// Whether they run side by side; else one after the other.
  let isTogether: Bool
}

/// Entries with `each`, which stand for several steps.
extension PlaybookCheck {
  /// More than there are regions in a partition.
  private static let sharesMax = 50
  private static let mark = "${each."

  /// The entry itself, or a step for every key of its `each`, with the references filled in.
  mutating func fannedOut(_ node: JSONNode) -> [(node: JSONNode, share: StepShare?)] {
    guard let each = node["each"] else {
      if let together = node.member("together") {
        report("'together' says nothing without 'each'", at: together.nameRange.start)
      }
      return [(node, nil)]
    }
    if let together = node["together"], together.bool == nil {
      report("expected true or false, found \(together.noun)", at: together.position)
    }
    if let promotes = node["promotes"], promotes.bool == true {
      report(
        "a step that promotes cannot be several steps; promote with one after it",
        at: promotes.position)
    }
    guard let shares = each.members, !shares.isEmpty, shares.count <= Self.sharesMax else {
      report(
        "expected an object with 1 to \(Self.sharesMax) keys, such as "
          + "{ west: { region: 'us-west-1' } }, found \(each.noun)", at: each.position)
      return [(node, nil)]
    }
    guard let name = node["id"]?.string else { return [(node, nil)] }
    return shares.enumerated().map { place, share in
      let made = filled(node, name, share)
      return (
        made,
        StepShare(name: name, place: place, isTogether: node["together"]?.bool ?? false)
      )
    }
  }

  private mutating func filled(
    _ node: JSONNode, _ name: String, _ share: JSONNode.Member
  ) -> JSONNode {
    if share.value.members == nil {
      report(
        "expected an object with the values of '\(share.name)', found \(share.value.noun)",
        at: share.value.position)
    }
    let members = (node.members ?? []).filter { $0.name != "each" && $0.name != "together" }.map {
      member in
      let value =
        member.name == "id"
        ? JSONNode(kind: .string("\(name)-\(share.name)"), range: member.value.range)
        : filled(member.value, share)
      return JSONNode.Member(name: member.name, nameRange: member.nameRange, value: value)
    }
    return JSONNode(kind: .object(members), range: node.range)
  }

  private mutating func filled(_ node: JSONNode, _ share: JSONNode.Member) -> JSONNode {
    switch node.kind {
    case .null, .bool, .number: return node
    case .string(let text):
      return text.contains(Self.mark)
        ? JSONNode(kind: filled(text, share, at: node.position), range: node.range) : node
    case .array(let elements):
      var filled: [JSONNode] = []
      for element in elements { filled.append(self.filled(element, share)) }
      return JSONNode(kind: .array(filled), range: node.range)
    case .object(let members):
      var filled: [JSONNode.Member] = []
      for member in members {
        filled.append(
          .init(
            name: member.name, nameRange: member.nameRange,
            value: self.filled(member.value, share)))
      }
      return JSONNode(kind: .object(filled), range: node.range)
    }
  }

  /// A lone reference takes the value as it is; in a longer text it is spliced in.
  private mutating func filled(
    _ text: String, _ share: JSONNode.Member, at position: JSONPosition
  ) -> JSONNode.Kind {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: Self.mark) {
      // $${ stands for the two characters.
      let isEscaped = rest[..<start.lowerBound].hasSuffix("$")
      guard !isEscaped, let end = rest[start.upperBound...].firstIndex(of: "}") else {
        result += rest[..<start.upperBound]
        rest = rest[start.upperBound...]
        continue
      }
      let key = String(rest[start.upperBound..<end])
      result += rest[..<start.lowerBound]
      let after = rest[rest.index(after: end)...]
      let value = key == "key" ? .string(share.name) : share.value[key].map { JSONValue($0) }
      guard let value else {
        let known = (share.value.members ?? []).map(\.name)
        report(
          "'\(share.name)' of 'each' has no value '\(key)'"
            + suggestion(nearest(to: key, in: known + ["key"])), at: position)
        return .string("")
      }
      if result.isEmpty, after.isEmpty, start.lowerBound == text.startIndex,
        let node = share.value[key]
      {
        return node.kind
      }
      guard let spliced = value.splicedText else {
        report(
          "'\(key)' of 'each' is \(value.noun), which cannot stand in the middle of a text",
          at: position)
        return .string("")
      }
      result += spliced
      rest = after
    }
    return .string(result + rest)
  }
}
