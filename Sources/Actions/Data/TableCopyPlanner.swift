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

  func plan() async throws(Failure) -> (TableCopyPlan.Pair, changes: [String]) {
    if let sql = pair.transform { _ = try site.outside.transforms.make(sql: sql) }
    let source = try site.table(pair.from)
    let target = try site.table(pair.to)
    let from = try await source.description()
    let to = try await target.description()
    var plan = TableCopyPlan.Pair(
      from: pair.from, to: pair.to, source: from, target: to, former: [])
    guard let from else {
      guard site.isPreview else {
        throw .permanent(
          "\(pair.from) does not exist", hint: "Name a table that is there, or make it first.")
      }
      return (plan, ["copy \(pair.from), which an earlier step makes, to \(pair.to)"])
    }
    let volume = Self.volume(from)
    let how = pair.transform == nil ? "" : ", transformed"
    guard let to else {
      if create {
        return (
          plan,
          [
            "create \(pair.to) like \(pair.from)",
            "copy \(volume) from \(pair.from) to \(pair.to)\(how)",
          ]
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
    plan.former = try await former(of: target, to)
    var changes = ["copy \(volume) from \(pair.from) to \(pair.to)\(how)"]
    if !plan.former.isEmpty {
      changes.append(
        "\(pair.to) holds \(plan.former.count) items already; alike keys are "
          + (existing == .keep ? "kept" : "overwritten"))
    }
    return (plan, changes)
  }

  private func former(
    of target: any TableStore, _ description: TableDescription
  ) async throws(Failure) -> [String] {
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
    let fromKeys = from.keys.map(\.name)
    let toKeys = to.keys.map(\.name)
    guard Self.same(fromKeys, toKeys) else {
      throw .refused(
        "\(pair.from) has the key (\(fromKeys.joined(separator: ", "))), but \(pair.to) has "
          + "(\(toKeys.joined(separator: ", ")))",
        hint: "Give the target the same key, or a transform that makes its items.")
    }
    guard !to.attributes.isEmpty, !from.attributes.isEmpty else { return }
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
    let items = description.itemCount.map { "\($0) items" } ?? "all items"
    return items + (description.byteCount.map { " (\($0) bytes)" } ?? "")
  }
}
