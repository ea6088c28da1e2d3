internal import Foundation
internal import JSON
internal import Resources

/// Writes the report of an old verifying script: a CSV of faults, and a summary beside it as JSON.
///
/// The columns and keys are those of the script. Lines go to a draft that takes the report's name
/// at the end, so a file of that name is always whole.
struct VAMSReportFile {
  /// What one part of the records came to.
  struct Section {
    let name: String
    var successes = 0
    var errors = 0
  }

  private static let bufferMax = 1 << 16

  let path: String
  let kind: VAMSMigration.Report
  private(set) var sections: [Section] = []
  private let file: FileHandle
  private var buffer: [UInt8] = []

  init(_ path: String, kind: VAMSMigration.Report) throws {
    self.path = path
    self.kind = kind
    let draft = Self.draft(path)
    do {
      let folder = (path as NSString).deletingLastPathComponent
      if !folder.isEmpty {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      }
      try Data().write(to: URL(filePath: draft))
      file = try FileHandle(forWritingTo: URL(filePath: draft))
    } catch {
      throw Self.refusal(draft, error)
    }
    let columns =
      switch kind {
      case .later: ["asset_id", "database_id", "error_type", "error_message", "field"]
      case .draft: ["asset_id", "error_type", "error_message", "field"]
      }
    append(columns)
  }

  var successes: Int { sections.reduce(0) { $0 + $1.successes } }
  var errors: Int { sections.reduce(0) { $0 + $1.errors } }

  var summaryPath: String {
    let stem = path.hasSuffix(".csv") ? String(path.dropLast(4)) : path
    return "\(stem)_summary.json"
  }

  mutating func begin(_ section: String) { sections.append(Section(name: section)) }

  /// Counts one record of the section that was begun last.
  mutating func add(_ faults: [VAMSFault]) throws {
    guard let last = sections.indices.last else { return }
    if faults.isEmpty { sections[last].successes += 1 } else { sections[last].errors += 1 }
    for fault in faults {
      switch kind {
      case .later:
        append([fault.asset, fault.database, fault.type, fault.message, fault.field])
      case .draft: append([fault.asset, fault.type, fault.message, fault.field])
      }
    }
    if buffer.count > Self.bufferMax { try flush() }
  }

  private mutating func append(_ cells: [String]) {
    buffer += Array(cells.map { Self.cell($0) }.joined(separator: ",").utf8) + [13, 10]
  }

  /// As Python's csv module writes it.
  private static func cell(_ text: String) -> String {
    guard text.utf8.contains(where: { [44, 34, 13, 10].contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  private mutating func flush() throws {
    do {
      try file.write(contentsOf: Data(buffer))
    } catch {
      throw Self.refusal(Self.draft(path), error)
    }
    buffer = []
  }

  /// Gives both files their names.
  mutating func finish(at now: Timestamp) throws {
    try flush()
    do {
      try file.synchronize()
      try file.close()
      try Data((summary(now).pretty() + "\n").utf8).write(
        to: URL(filePath: summaryPath), options: .atomic)
      guard rename(Self.draft(path), path) == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
    } catch {
      throw Self.refusal(path, error)
    }
  }

  /// Links and comments stand behind the totals, as the script has them.
  private func summary(_ now: Timestamp) -> JSONValue {
    let isEarly = { (name: String) in Self.early.contains(name) }
    var value: JSONValue = ["timestamp": .string(now.description)]
    for section in sections where isEarly(section.name) { value[section.name] = counts(section) }
    value["total_success"] = JSONValue(successes)
    value["total_errors"] = JSONValue(errors)
    value["report_file"] = .string(path)
    for section in sections where !isEarly(section.name) { value[section.name] = counts(section) }
    return value
  }

  private static let early = [
    "version_verification", "asset_verification", "update_verification", "database_verification",
  ]

  private func counts(_ section: Section) -> JSONValue {
    ["success_count": JSONValue(section.successes), "error_count": JSONValue(section.errors)]
  }

  private static func draft(_ path: String) -> String { "\(path).partial" }

  private static func refusal(_ path: String, _ error: any Error) -> Refusal {
    Refusal(
      .badInput, "the report cannot be written to \(path): \(error.localizedDescription)",
      hint: "Make room, or name another file with --report. The data are not affected.")
  }
}
