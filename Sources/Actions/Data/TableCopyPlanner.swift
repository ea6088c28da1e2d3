import Digests
import Resources
import Rollouts

/// Looks at a source and its target, and says what a copy would do.
struct TableCopyPlanner {
  /// What an estimate reckons with where nothing was measured.
  static let itemsPerSecond = 20_000.0

  let site: Site
  let pair: TablePair
  let existing: ExistingPolicy
  let create: Bool
  /// What the target may hold, as recorded after its deploy; nil for no such record.
  var baseline: TableBaseline?
  /// Segments that the playbook asks for; nil for by size.
  var segments: Int?
  /// Settings in which the two must be alike.
  var requireAlike: [TableOption] = []

  func plan() async throws(Failure) -> (TableCopyPlan.Pair, changes: [String]) {
    _ = try pair.itemTransform(site.outside.transforms)
    let source = try site.table(pair.from)
    let target = try site.table(pair.to)
    let from = try await source.description()
    let to = try await target.description()
    var plan = TableCopyPlan.Pair(
      from: pair.from, to: pair.to, source: from, target: to, former: [])
    plan.segments = segmentCount(of: source, from)
    guard let from else {
      guard site.isPreview else {
        throw .permanent(
          "\(pair.from) does not exist", hint: "Name a table that is there, or make it first.")
      }
      return (plan, ["copy \(pair.from), which an earlier step makes, to \(pair.to)"])
    }
    let volume = Self.volume(from)
    let how = pair.isTransformed ? ", transformed" : ""
    guard let to else {
      if create {
        return (
          plan,
          ["create \(pair.to) like \(pair.from)"] + leftOut(from)
            + ["copy \(volume) from \(pair.from) to \(pair.to)\(how)"]
        )
      }
      guard site.isPreview else {
        throw .refused(
          "\(pair.to) does not exist",
          hint: "Make it in an earlier step, or say 'create: true' to make it like the source.")
      }
      return (
        plan,
        [
          "copy \(volume) from \(pair.from) to \(pair.to)\(how), "
            + "which an earlier step makes"
        ]
      )
    }
    if pair.transform == nil { try checkSchema(from, to) }
    var changes = ["copy \(volume) from \(pair.from) to \(pair.to)\(how)"]
    changes += try differences(from, to)
    plan.former = try await former(of: target, to)
    if !plan.former.isEmpty {
      changes.append(
        "\(pair.to) holds \(plan.former.count) items already; alike keys are "
          + (existing == .keep ? "kept" : "overwritten"))
    }
    return (plan, changes)
  }

  /// Tables below this are read in one go.
  private static let segmentedBytesMin: Int64 = 4 << 20

  private func segmentCount(of source: any TableStore, _ description: TableDescription?) -> Int {
    guard source is any TableSegmentScanning else { return 1 }
    return segments ?? Self.segmentCount(of: description)
  }

  /// In how many parts a table that can be read in parts is read.
  static func segmentCount(of description: TableDescription?) -> Int {
    // Counted hours ago: nothing may be a lot by now.
    let bytes = description?.anyByteCount ?? 0
    return bytes > 0 && bytes < segmentedBytesMin ? 1 : TableDigest.segments
  }

  /// What the target would have to be given by hand, to be as the source is.
  private func leftOut(_ from: TableDescription) -> [String] {
    guard pair.from.scheme.utf8.elementsEqual(pair.to.scheme.utf8) else { return [] }
    return (from.leftOut ?? []).map { "  \(pair.to) is made without \($0)" }
  }

  /// How the two differ in what a copy does not make; only tables of one kind can be compared.
  private func differences(
    _ from: TableDescription, _ to: TableDescription
  ) throws(Failure) -> [String] {
    guard pair.from.scheme.utf8.elementsEqual(pair.to.scheme.utf8) else { return [] }
    let all = TableOption.differences(from, to)
    let forbidden = all.filter { one in requireAlike.contains { $0.covers(one.line) } }
    guard forbidden.isEmpty else {
      throw .refused(
        "\(pair.from) and \(pair.to) are not alike: "
          + forbidden.map(\.text).joined(separator: "; "),
        hint: "Change the target's settings, or take them out of 'requireAlike'.")
    }
    return all.map { "\(pair.to): \($0.text)" }
  }

  private func former(
    of target: any TableStore, _ description: TableDescription
  ) async throws(Failure) -> [String] {
    if let baseline {
      let items = try await FormerItems.capture(target)
      var sum = DigestSum()
      for item in items { sum.add(Array(item.utf8)) }
      guard sum == baseline.sum else {
        throw .refused(
          "\(target.url) was written to since its fingerprint was taken: it held "
            + "\(baseline.sum.count) items then, and holds \(sum.count) now",
          hint: "Find out who writes there; take a new fingerprint if that is as it should be.")
      }
      guard existing != .refuse || items.isEmpty else {
        throw .refused(
          "\(target.url) holds \(items.count) items of its deploy",
          hint: "Say whose version of them wins: 'existing: \"keep\"' or "
            + "'existing: \"overwrite\"'.")
      }
      return items
    }
    guard existing == .refuse else { return try await FormerItems.capture(target) }
    var pages = TablePages(target, limit: 1)
    while let items = try await pages.next() {
      guard items.isEmpty else {
        let count = description.itemCount.map { "\($0) items" } ?? "items"
        throw .refused(
          "\(target.url) is not empty: it holds \(count)",
          hint: "Empty it, or say 'existing: \"keep\"' or 'existing: \"overwrite\"'.")
      }
    }
    return []
  }

  private func checkSchema(
    _ from: TableDescription, _ to: TableDescription
  ) throws(Failure) {
    let fromKeys = from.keys.map { pair.targetName($0.name) }
    let toKeys = to.keys.map(\.name)
    guard Self.same(fromKeys, toKeys) else {
      throw .refused(
        "\(pair.from) has the key (\(fromKeys.joined(separator: ", "))), but \(pair.to) has "
          + "(\(toKeys.joined(separator: ", ")))",
        hint: "Give the target the same key, or a transform that makes its items.")
    }
    guard !pair.isTransformed, !to.attributes.isEmpty, !from.attributes.isEmpty else { return }
    let lost = from.attributes.map(\.name).filter { name in
      !(to.attributes + to.keys).contains { Self.same([$0.name], [name]) }
    }
    let wanting = to.attributes.filter(\.isRequired).map(\.name).filter { name in
      !(from.attributes + from.keys).contains { Self.same([$0.name], [name]) }
    }
    if !lost.isEmpty {
      throw .refused(
        "\(pair.to) has no place for \(lost.joined(separator: ", ")) of \(pair.from)",
        hint: "Give the pair a transform that says where they go.")
    }
    if !wanting.isEmpty {
      throw .refused(
        "\(pair.to) requires \(wanting.joined(separator: ", ")), which \(pair.from) does not have",
        hint: "Give the pair a transform that fills them in.")
    }
  }

  private static func same(_ a: [String], _ b: [String]) -> Bool {
    a.map { Array($0.utf8) } == b.map { Array($0.utf8) }
  }

  private static func volume(_ description: TableDescription) -> String {
    if let rough = description.roughItemCount { return "all items (about \(rough))" }
    let items = description.itemCount.map { "\($0) items" } ?? "all items"
    return items + (description.byteCount.map { " (\($0) bytes)" } ?? "")
  }
}
