import JSON
import Resources

/// What the rows of one source item add up to.
struct OutcomeRows {
  struct Row {
    var target: String?
    var put: [UInt8]?
    var update: [UInt8]?
    var delete: [UInt8]?
    var skip: String?
    /// Why the item cannot be migrated.
    var reject: String?
  }

  private var writes: [TargetWrite] = []
  private var skip: String?
  private var defect: String?

  /// Takes a row; the first thing that is wrong counts.
  mutating func add(_ row: Row, targets: [String]) {
    if defect != nil { return }
    if let reason = row.reject {
      defect = reason
      return
    }
    let deeds = [row.put, row.update, row.delete].compactMap { $0 }
    guard deeds.count + (row.skip == nil ? 0 : 1) == 1 else {
      defect = Self.disorder(row)
      return
    }
    if let reason = row.skip {
      skip = reason
      return
    }
    let target: String
    switch Self.target(row.target, of: targets) {
    case .success(let name): target = name
    case .failure(let wrong):
      defect = wrong.text
      return
    }
    for (bytes, column) in [(row.put, "put"), (row.update, "update"), (row.delete, "delete")] {
      guard let bytes else { continue }
      if let wrong = ItemText.defect(of: bytes, as: column) {
        defect = wrong
        return
      }
      let item = Item(bytes: bytes, isCanonical: ItemForm.isCanonical(bytes))
      switch column {
      case "put": writes.append(TargetWrite(target, .put(item)))
      case "update": writes.append(TargetWrite(target, .update(item)))
      case _: writes.append(TargetWrite(target, .delete(item)))
      }
    }
  }

  /// Whether nothing was said yet.
  var isEmpty: Bool { writes.isEmpty && skip == nil && defect == nil }

  private struct Wrong: Error { let text: String }

  private static func target(_ name: String?, of names: [String]) -> Result<String, Wrong> {
    guard let name else {
      // A copy has one target and no name for it.
      if names.count <= 1 { return .success(names.first ?? "") }
      return .failure(Wrong(text: "it does not say which target it writes to"))
    }
    guard names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      return .failure(
        Wrong(text: "it writes to '\(name)', but the targets are \(names.joined(separator: ", "))"))
    }
    return .success(name)
  }

  private static func disorder(_ row: Row) -> String {
    let deeds = [
      ("put", row.put != nil), ("update", row.update != nil), ("delete", row.delete != nil),
    ]
    .filter(\.1).map { "'\($0.0)'" }
    switch (deeds.isEmpty, row.skip) {
    case (true, _): return "it gives neither 'put' nor 'skip'"
    case (false, nil): return "it gives both \(deeds.joined(separator: " and "))"
    case (false, _?): return "it gives both \(deeds[0]) and 'skip'"
    }
  }

  var outcome: MigrationOutcome {
    if let defect { return .failed(defect) }
    switch (writes.isEmpty, skip) {
    case (true, let skip?): return .skip(skip)
    case (true, nil): return .failed("the transform yields no row for it")
    case (false, nil): return .writes(writes)
    case (false, _?): return .failed("the transform both writes and skips it")
    }
  }
}
