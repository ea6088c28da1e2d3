internal import Resources

/// A ledger in one line: read = written + skipped, and whether the target was proven.
enum LedgerLine {
  static func line(_ ledger: Ledger) -> Line {
    let left = ledger.skipped.values.reduce(0, +)
    var line: Line =
      "\(ledger.to): read \(Words.count(ledger.read)) = written \(Words.count(ledger.written))"
    if ledger.alreadyThere > 0 {
      line += " (\(Words.count(ledger.alreadyThere)) there already)"
    }
    line += " + skipped \(Words.count(left))"
    if left > 0 {
      let reasons = ledger.skipped.sorted { $0.key < $1.key }
        .map { "\($0.key): \(Words.count($0.value))" }.joined(separator: ", ")
      line += " (\(reasons))"
    }
    if ledger.bytes > 0 { line += ", \(Words.bytes(ledger.bytes))" }
    if let imbalance = ledger.imbalance {
      return ledger.foundDigest == nil
        ? line + "\(", not read back yet", .warning)" : line + "; \(imbalance, .bad)"
    }
    let more = ledger.described.map { " with the metadata of \(Words.count($0))" } ?? ""
    return line + "\(", proven\(more)", .good)"
  }
}
