import Resources

/// Where one export lies: a folder of a bucket, and what is below it.
///
/// The keys in a manifest are those of the bucket that was exported to. What matters of them is the
/// part from `AWSDynamoDB` on, which is looked for beside the summary, so that a tree can be read
/// wherever it was copied to.
///
/// Source: "DynamoDB table export output format" in the developer guide.
struct ExportLocation: Sendable {
  static let folder = "AWSDynamoDB"
  private static let summaryName = "manifest-summary.json"
  private static let filesName = "manifest-files.json"

  /// Names the folder that holds `AWSDynamoDB`, as the bucket's provider has it.
  let bucket: ResourceURL
  /// What stands before `AWSDynamoDB` in the path, without a slash at its end.
  private let root: String
  let summary: ObjectKey

  /// Reads a path to a summary, or to the list of files beside it.
  init(_ url: ResourceURL, path: String, inner: String) throws(Failure) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let place = parts.lastIndex(where: { $0.utf8.elementsEqual(Self.folder.utf8) }),
      parts.count == place + 3, !parts[place + 1].isEmpty,
      [Self.summaryName, Self.filesName].contains(parts[place + 2])
    else {
      throw .permanent(
        "\(url) names no export: '\(path)' does not end with "
          + "\(Self.folder)/ID/\(Self.summaryName)",
        hint: "Write export+s3://bucket/prefix/\(Self.folder)/ID/\(Self.summaryName).")
    }
    root = parts[..<place].joined(separator: "/")
    summary = ObjectKey("\(Self.folder)/\(parts[place + 1])/\(Self.summaryName)")
    let own = [ExportKeys.parameter, Self.windowParameter]
    let query = url.query.filter { !own.contains($0.name) }
      .map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(separator: "&")
    bucket = try ResourceURL(
      "\(inner)://\(Self.escaped(url.authority))\(Self.escaped(root))"
        + (query.isEmpty ? "" : "?\(query)"))
  }

  static let windowParameter = "then"

  /// The export that a URL names, and those of the changes since, in their order.
  static func all(_ url: ResourceURL, inner: String) throws(Failure) -> [ExportLocation] {
    let base = try ExportLocation(url, path: url.path, inner: inner)
    var all = [base]
    for item in url.query where item.name == windowParameter {
      let path = item.value.hasPrefix("/") ? item.value : "\(base.root)/\(item.value)"
      all.append(try ExportLocation(url, path: path, inner: inner))
    }
    return all
  }

  /// The object that a key of a manifest names; nil for one that is in no such folder.
  func object(_ key: String) -> ObjectKey? {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = parts.lastIndex(where: { $0.utf8.elementsEqual(Self.folder.utf8) }),
      place + 1 < parts.count
    else { return nil }
    return ObjectKey(parts[place...].joined(separator: "/"))
  }

  /// What a URL may not hold as it is, escaped; slashes stay.
  private static func escaped(_ text: String) -> String {
    var escaped: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        (97...122).contains(byte | 0x20) && byte < 0x80 || (45...57).contains(byte)
        || [95, 126].contains(byte)
      if isPlain {
        escaped.append(byte)
      } else {
        escaped.append(UInt8(ascii: "%"))
        let hex = String(byte, radix: 16)
        escaped += Array((hex.utf8.count == 1 ? "0\(hex)" : hex).utf8)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
