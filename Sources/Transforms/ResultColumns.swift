import SQLite

/// Which columns a transform's statement yields, and where they stand.
struct ResultColumns {
  let seq: Int
  let target: Int?
  let put: Int?
  let update: Int?
  let delete: Int?
  let skip: Int?
  let reject: Int?

  /// Columns of a transform that copies one table into another.
  static let copying: Set<String> = ["seq", "put", "skip"]
  /// Columns of a transform with targets of its own.
  static let migrating: Set<String> = [
    "seq", "target", "put", "update", "delete", "skip", "reject",
  ]

  /// What is wrong with the names; nil for none.
  static func defect(of names: [String], allowed: Set<String>) -> String? {
    let wrong = names.filter { !allowed.contains($0) }
    let isDouble = Set(names).count < names.count
    let isWhole =
      names.contains("seq") && !Set(names).isDisjoint(with: ["put", "update", "delete"])
    if wrong.isEmpty, !isDouble, isWhole { return nil }
    let wanted =
      allowed == copying
      ? "(seq, put) or (seq, put, skip)"
      : "(seq, put), with target, update, delete, skip or reject as needed"
    return "it yields the columns (\(names.joined(separator: ", "))) instead of \(wanted)"
  }

  /// Of names without a defect.
  init?(_ names: [String]) {
    func place(_ name: String) -> Int? { names.firstIndex { $0.utf8.elementsEqual(name.utf8) } }
    guard let seq = place("seq") else { return nil }
    self.seq = seq
    target = place("target")
    put = place("put")
    update = place("update")
    delete = place("delete")
    skip = place("skip")
    reject = place("reject")
  }
}
