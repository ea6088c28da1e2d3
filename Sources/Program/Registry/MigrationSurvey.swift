internal import Commands
internal import Resources

/// The difference between the migrations in a folder and those that are recorded.
///
/// A set difference: what is pending has no record, wherever it stands in the order.
struct MigrationSurvey: Sendable {
  /// What a person has to look at before anything is run.
  enum Oddity: String, Sendable, CaseIterable, ArgumentValue {
    /// It was applied with another content.
    case edited
    /// It was applied, and its file is gone.
    case vanished
    /// It is pending behind one with a higher order.
    case late
    /// It has the order of another one, and one of them is pending.
    case equal

    var explanation: String {
      switch self {
      case .edited: "its file is not the one that was applied"
      case .vanished: "it was applied, and its file is gone"
      case .late: "one with a higher order was applied before it"
      case .equal: "another one has the same order"
      }
    }
  }

  struct Entry: Sendable {
    let order: MigrationOrder
    let name: String
    let file: MigrationFile?
    let record: MigrationRecord?
    var oddities: [Oddity] = []

    var title: String { "\(order)_\(name)" }
    var isPending: Bool { record == nil }
    /// Recorded by another tool, which kept no digest, and without a file here.
    var isForeign: Bool { file == nil && record?.digest == nil }

    /// One word for a person.
    var state: String {
      if isPending { return "pending" }
      if isForeign { return "foreign" }
      return record?.outcome.rawValue ?? "pending"
    }
  }

  private(set) var entries: [Entry]

  init(_ files: [MigrationFile], _ records: [MigrationRecord]) {
    var rest = records
    var entries: [Entry] = []
    for file in files {
      let index =
        rest.firstIndex { $0.isOf(file.order, file.name) }
        ?? rest.firstIndex { record in
          // The old tool's names are labels, so its order decides as long as it is one file's.
          record.isNamedLoosely && record.order == file.order
            && files.count { $0.order == file.order } == 1
        }
      let record = index.map { rest.remove(at: $0) }
      entries.append(
        Entry(order: file.order, name: file.name, file: file, record: record))
    }
    entries += rest.map { Entry(order: $0.order, name: $0.name, file: nil, record: $0) }
    entries.sort { ($0.order, $0.name) < ($1.order, $1.name) }
    self.entries = entries
    findOddities()
  }

  private mutating func findOddities() {
    let last = entries.filter { !$0.isPending }.map(\.order).max()
    for index in entries.indices {
      let entry = entries[index]
      var oddities: [Oddity] = []
      if let file = entry.file, let digest = entry.record?.digest,
        !digest.utf8.elementsEqual(file.digest.utf8)
      {
        oddities.append(.edited)
      }
      if entry.file == nil, entry.record?.digest != nil { oddities.append(.vanished) }
      if entry.isPending, let last, entry.order < last { oddities.append(.late) }
      let namesakes = entries.filter { $0.order == entry.order }
      if namesakes.count > 1, namesakes.contains(where: \.isPending) { oddities.append(.equal) }
      entries[index].oddities = oddities
    }
  }

  var pending: [Entry] { entries.filter(\.isPending) }

  /// Oddities that nobody has allowed.
  func refused(allowing allowed: [Oddity]) -> [(entry: Entry, oddity: Oddity)] {
    entries.flatMap { entry in
      entry.oddities.filter { !allowed.contains($0) }.map { (entry, $0) }
    }
  }

  /// Throws unless all that is odd was allowed.
  func check(allowing allowed: [Oddity], _ folder: MigrationFolder) throws {
    if let name = folder.misnamed.first {
      throw Refusal(
        .badInput, "\(folder.path)/\(name) has no order, and would never be run",
        hint: "Name it such as 0007_name.json5 or 20261121_120000_name.json5, or move it away.")
    }
    let refused = refused(allowing: allowed)
    guard !refused.isEmpty else { return }
    var words: [String] = []
    for (_, oddity) in refused where !words.contains(oddity.rawValue) {
      words.append(oddity.rawValue)
    }
    let summary = refused.map {
      "\($0.entry.title) is \($0.oddity.rawValue): \($0.oddity.explanation)"
    }
    throw Refusal(
      .badInput, summary.joined(separator: "\n"),
      hint: "Nothing was run. Mend it, or allow it with "
        + words.map { "--allow \($0)" }.joined(separator: " ") + ".")
  }

  /// The one migration that a person means by its title, its name, its order or its file.
  func entry(named word: String) throws -> Entry {
    var word = word.split(separator: "/").last.map(String.init) ?? word
    if word.hasSuffix(MigrationFile.ending) {
      word = String(word.dropLast(MigrationFile.ending.count))
    }
    if let exact = entries.first(where: { $0.title.utf8.elementsEqual(word.utf8) }) {
      return exact
    }
    let order = MigrationOrder(word)
    let found = entries.filter { entry in
      entry.name.utf8.elementsEqual(word.utf8) || (order != nil && entry.order == order)
    }
    if let only = found.first, found.count == 1 { return only }
    throw Refusal(
      .usage,
      found.isEmpty ? "there is no migration '\(word)'" : "'\(word)' means several migrations",
      hint: "Name it as 'cutover migrations list' does, such as 0007_name.")
  }
}
