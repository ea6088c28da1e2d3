import JSON
import Resources

/// Small changes to items that a playbook names without a statement: other names, other values,
/// attributes left out, items left behind.
///
/// Applies in this order: skip, drop, replace, rename; the first three go by the source's names.
/// Everything that is not named is carried through byte for byte.
struct ItemEdits: ItemTransform {
  /// Old name to new name.
  let rename: [UTF8Key: String]
  /// Attribute to old value to new value; strings only.
  let replace: [UTF8Key: [UTF8Key: String]]
  let drop: Set<UTF8Key>
  /// Attribute to the values whose items stay behind.
  let skip: [UTF8Key: Set<UTF8Key>]
  let url: ResourceURL

  var isEmpty: Bool { rename.isEmpty && replace.isEmpty && drop.isEmpty && skip.isEmpty }

  func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome] {
    items.map { item in
      do throws(JSONScanner.Malformed) {
        return try edit(item)
      } catch {
        return .failed("\(error.expected) is missing at byte \(error.offset)")
      }
    }
  }

  private func edit(_ item: Item) throws(JSONScanner.Malformed) -> TransformOutcome {
    let bytes = item.bytes.span
    var edited: [UInt8] = []
    edited.reserveCapacity(item.bytes.count + 32)
    edited.append(UInt8(ascii: "{"))
    var names: Set<UTF8Key> = []
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    while let slice = try scanner.nextMember(in: bytes) {
      guard let text = slice.text(in: bytes) else {
        throw JSONScanner.Malformed(expected: "UTF-8", offset: slice.range.lowerBound)
      }
      let name = UTF8Key(text)
      let value = bytes.copy(try scanner.skipValue(in: bytes))
      if let values = skip[name], let text = try Self.string(value), values.contains(text) {
        return .skip("\(name) is '\(text)'")
      }
      if drop.contains(name) { continue }
      let newName = rename[name] ?? name.text
      guard names.insert(UTF8Key(newName)).inserted else {
        return .failed("it has an attribute '\(newName)' already, so '\(name)' cannot be named so")
      }
      if edited.count > 1 { edited.append(UInt8(ascii: ",")) }
      edited += JSONValue.string(newName).compact()
      edited.append(UInt8(ascii: ":"))
      if let map = replace[name], let old = try Self.string(value), let new = map[old] {
        edited += JSONValue.object([.init("S", .string(new))]).compact()
      } else {
        edited += value
      }
    }
    edited.append(UInt8(ascii: "}"))
    return .changes([.put(Item(bytes: edited, isCanonical: ItemForm.isCanonical(edited)))])
  }

  /// The text of a value of type S; nil for other types.
  private static func string(_ value: [UInt8]) throws(JSONScanner.Malformed) -> UTF8Key? {
    let bytes = value.span
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    guard let type = try scanner.nextMember(in: bytes), type.equals("S", in: bytes) else {
      return nil
    }
    return try scanner.string(in: bytes).text(in: bytes).map { UTF8Key($0) }
  }
}

/// One transform after another; what the first leaves out or cannot do stays so.
struct ChainedTransform: ItemTransform {
  let first: ItemEdits
  let second: any ItemTransform

  func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome] {
    var outcomes = try await first.apply(items)
    var edited: [Item] = []
    var places: [Int] = []
    for (index, outcome) in outcomes.enumerated() {
      guard case .changes(let changes) = outcome, case .put(let item)? = changes.first else {
        continue
      }
      edited.append(item)
      places.append(index)
    }
    guard !edited.isEmpty else { return outcomes }
    let results = try await second.apply(edited)
    guard results.count == edited.count else {
      throw .permanent(
        "the transform of \(first.url) answered \(results.count) times for \(edited.count) items",
        hint: "Report this bug.")
    }
    for (place, result) in zip(places, results) { outcomes[place] = result }
    return outcomes
  }
}
