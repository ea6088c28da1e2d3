internal import Actions
internal import JSON
internal import Resources

/// What a transform made of some items, before and after side by side.
struct TrialReport: Sendable {
  /// Names of the key's attributes; empty where nobody knows them.
  let key: [String]
  /// The targets that are the source itself.
  let ownTargets: Set<String>
  let columns: Int
  /// Whether all is shown that stays as it is.
  let isFull: Bool
  private(set) var count = 0
  private(set) var failedCount = 0
  private(set) var deeds: [String: Int] = [:]
  private(set) var skips: [String: Int] = [:]

  init(key: [String], ownTargets: Set<String>, columns: Int, isFull: Bool) {
    self.key = key
    self.ownTargets = ownTargets
    self.columns = columns
    self.isFull = isFull
  }

  /// Counts an item, and gives it as a line for each thing to see.
  mutating func lines(_ answer: TransformTrial.Answer) -> [Line] {
    count(answer)
    let item = Self.tree(answer.item)
    let title = title(of: item)
    switch answer.outcome {
    case .skip(let reason): return ["\("–", .faint) \(title)  \("skipped: \(reason)", .faint)"]
    case .failed(let reason):
      return ["\("✗", .bad) \(title)"] + wrapped(reason, indent: 4, tone: .bad)
    case .writes(let writes):
      return ["\("✓", .good) \(title)"] + writes.flatMap { lines($0, of: item) } + [.empty]
    }
  }

  /// The item's number and key, cut to the screen.
  private func title(of item: JSONValue) -> Line {
    let text = key.isEmpty ? PlainText.of(["M": item]) : PlainText.of(item, only: key)
    return Line("\(count)  ") + Line(text, .strong).cut(to: max(20, columns - 8), ellipsis: "…")
  }

  private mutating func count(_ answer: TransformTrial.Answer) {
    count += 1
    switch answer.outcome {
    case .skip(let reason): skips[reason, default: 0] += 1
    case .failed: failedCount += 1
    case .writes(let writes):
      for write in writes {
        deeds["\(Self.verb(write)) \(write.target)", default: 0] += 1
      }
    }
  }

  /// In canonical form, so that what means the same is the same.
  private static func tree(_ item: Item) -> JSONValue {
    (try? JSONValue(reading: ItemForm.canonical(item.bytes))) ?? .object([])
  }

  private static func verb(_ write: TargetWrite) -> String {
    switch write.kind {
    case .put: "put"
    case .update: "update"
    case .delete: "delete"
    }
  }

  /// What a write leaves, and what to hold it against; `after` is nil for a deletion.
  private func change(
    _ write: TargetWrite, of item: JSONValue
  ) -> (before: JSONValue, after: JSONValue?) {
    let isOwn = ownTargets.contains(write.target)
    switch write.kind {
    case .put(let new): return (item, Self.tree(new))
    case .update(let patch):
      let patch = Self.tree(patch)
      guard isOwn, isSameKey(patch, item) else { return (.object([]), patch) }
      var whole = item
      for member in patch.members ?? [] { whole[member.name] = member.value }
      return (item, whole)
    case .delete(let gone): return (Self.tree(gone), nil)
    }
  }

  private func isSameKey(_ one: JSONValue, _ other: JSONValue) -> Bool {
    !key.isEmpty && key.allSatisfy { one[$0] == other[$0] }
  }

  // MARK: For people

  private func lines(_ write: TargetWrite, of item: JSONValue) -> [Line] {
    let (before, after) = change(write, of: item)
    let head: Line = "    \(Self.verb(write), .accent) \(write.target, .strong)"
    guard let after else {
      let names = key.isEmpty ? (before.members ?? []).map(\.name) : key
      return [
        head
          + Line("  \(PlainText.of(before, only: names))").cut(
            to: max(20, columns - head.width), ellipsis: "…")
      ]
    }
    var rows = ItemDifference(before, after).rows
    let isOwn = ownTargets.contains(write.target)
    var rest: [Line] = []
    if !isFull {
      // What another table does not take over is no loss, and named only.
      let left = isOwn ? [] : rows.filter { $0.mark == .removed && !$0.path.contains("/") }
      rows.removeAll { row in left.contains(row) }
      if !left.isEmpty {
        rest += wrapped(
          "not taken over: " + left.map(\.path).joined(separator: ", "), indent: 6, tone: .faint)
      }
      let same = rows.filter { $0.mark == .same }.dropFirst(Self.sameMax)
      rows.removeAll { row in same.contains(row) }
      if !same.isEmpty {
        rest.append(Line("      \(Words.count(same.count)) more as they are", .faint))
      }
    }
    return [head] + (columns < Self.columnsMin ? stacked(rows) : sideBySide(rows)) + rest
  }

  /// Attributes that stay as they are and are shown all the same.
  private static let sameMax = 8
  /// Narrower screens show values below each other.
  private static let columnsMin = 64
  /// Lines that a value takes at most.
  private static let linesMax = 8

  private static func sign(_ mark: ItemDifference.Mark) -> (text: String, tone: Line.Tone) {
    switch mark {
    case .same: (" ", .faint)
    case .changed: ("~", .warning)
    case .added: ("+", .good)
    case .removed: ("-", .bad)
    }
  }

  private func sideBySide(_ rows: [ItemDifference.Row]) -> [Line] {
    let widest = rows.map { Width.of($0.path) }.max() ?? 0
    let name = min(widest, max(12, columns / 4))
    let value = max(8, (columns - 6 - 2 - name - 2 - 3) / 2)
    return rows.flatMap { row -> [Line] in
      let (sign, tone) = Self.sign(row.mark)
      let before = row.before.map { pieces(PlainText.of($0), value, row.mark) } ?? []
      let after =
        row.mark == .same
        ? ["="] : row.after.map { pieces(PlainText.of($0), value, row.mark) } ?? []
      let names = pieces(row.path, name, .changed)
      return (0..<max(before.count, after.count, names.count)).map { index in
        var line = Line("      \(index == 0 ? sign : " ") ", tone)
        line += Line(index < names.count ? names[index] : "", row.mark == .same ? .faint : .plain)
        line = line.padded(to: 8 + name + 2)
        line += Line(index < before.count ? before[index] : "", row.mark == .same ? .faint : .plain)
        line = line.padded(to: 8 + name + 2 + value) + Line(" │", .faint)
        return index < after.count ? line + Line(" \(after[index])", tone) : line
      }
    }
  }

  private func stacked(_ rows: [ItemDifference.Row]) -> [Line] {
    let width = max(10, columns - 10)
    return rows.flatMap { row -> [Line] in
      let (sign, tone) = Self.sign(row.mark)
      let head = Line("    \(sign) ", tone) + Line(row.path, row.mark == .same ? .faint : .plain)
      if row.mark == .same {
        let value = row.before.map { PlainText.of($0) } ?? ""
        return [(head + Line("  \(value)", .faint)).cut(to: columns, ellipsis: "…")]
      }
      let before = row.before.map { pieces(PlainText.of($0), width, row.mark) } ?? []
      let after = row.after.map { pieces(PlainText.of($0), width, row.mark) } ?? []
      return [head] + before.map { Line("        - \($0)") }
        + after.map { Line("        + \($0)", tone) }
    }
  }

  /// A value in pieces that fit, one for what stays as it is.
  private func pieces(_ text: String, _ width: Int, _ mark: ItemDifference.Mark) -> [String] {
    var rest = Visible.text(text)[...]
    var pieces: [String] = []
    let most = mark == .same ? 1 : Self.linesMax
    while !rest.isEmpty {
      if pieces.count == most - 1, Width.of(String(rest)) > width {
        pieces.append(Width.prefix(String(rest), columns: width - 1) + "…")
        break
      }
      let piece = Self.beginning(of: rest, width)
      guard !piece.isEmpty else { break }
      pieces.append(piece)
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }

  /// What fits, up to the last space if that wastes less than half.
  private static func beginning(of rest: Substring, _ width: Int) -> String {
    let piece = Width.prefix(String(rest), columns: width)
    guard piece.count < rest.count, let space = piece.lastIndex(of: " "),
      piece.distance(from: piece.startIndex, to: space) > piece.count / 2
    else { return piece }
    return String(piece[...space])
  }

  private func wrapped(_ text: String, indent: Int, tone: Line.Tone) -> [Line] {
    pieces(text, max(20, columns - indent), .changed).map {
      Line(String(repeating: " ", count: indent) + $0, tone)
    }
  }

  /// The account of all items.
  var summary: [Line] {
    var lines: [Line] = ["\(Words.count(count, "item")) tried, nothing was written"]
    lines += deeds.sorted { $0.key < $1.key }.map { "  \(Words.count($0.value)) × \($0.key)" }
    lines += skips.sorted { $0.key < $1.key }.map {
      "  \(Words.count($0.value)) skipped: \($0.key)"
    }
    if failedCount > 0 { lines.append(Line("  \(Words.count(failedCount)) failed", .bad)) }
    return lines
  }

  // MARK: For programs

  mutating func json(_ answer: TransformTrial.Answer) -> JSONValue {
    count(answer)
    let item = Self.tree(answer.item)
    var value: JSONValue = ["type": "item", "number": JSONValue(count), "before": item]
    if !key.isEmpty {
      value["key"] = .object(key.compactMap { name in item[name].map { .init(name, $0) } })
    }
    switch answer.outcome {
    case .skip(let reason):
      value["outcome"] = "skip"
      value["reason"] = .string(reason)
    case .failed(let reason):
      value["outcome"] = "failed"
      value["reason"] = .string(reason)
    case .writes(let writes):
      value["outcome"] = "writes"
      value["writes"] = .array(writes.map { json($0, of: item) })
    }
    return value
  }

  private func json(_ write: TargetWrite, of item: JSONValue) -> JSONValue {
    let (before, after) = change(write, of: item)
    var value: JSONValue = ["target": .string(write.target)]
    switch write.kind {
    case .put(let new): value["put"] = Self.tree(new)
    case .update(let new): value["update"] = Self.tree(new)
    case .delete(let gone): value["delete"] = Self.tree(gone)
    }
    if let after {
      value["changed"] = .array(ItemDifference(before, after).changedPaths.map { .string($0) })
    }
    return value
  }

  var summaryJSON: JSONValue {
    func object(_ counts: [String: Int]) -> JSONValue {
      .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, JSONValue($0.value)) })
    }
    return [
      "type": "summary", "items": JSONValue(count), "failed": JSONValue(failedCount),
      "writes": object(deeds), "skipped": object(skips),
    ]
  }
}
