import JSON
import Resources

/// What the two manifests of an export say.
struct ExportManifest: Sendable {
  /// One data file.
  struct File: Sendable {
    let object: ObjectKey
    let itemCount: Int
    /// Of the object's bytes, in Base64.
    let md5: String
    let tag: String?
  }

  let table: String
  let itemCount: Int
  /// Whether it holds the changes of a time, not all items of a moment.
  let isOfChanges: Bool
  /// The moment that it shows, or up to which it tells the changes; in a form that sorts.
  let until: String?
  /// From when on it tells the changes.
  let since: String?
  let filesKey: ObjectKey
  var files: [File] = []

  private static let format = "DYNAMODB_JSON"

  /// Reads the summary; newer versions and unknown members are taken.
  init(summary bytes: [UInt8], of url: ResourceURL, at location: ExportLocation) throws(Failure) {
    guard let value = try? JSONValue(reading: bytes), value.members != nil,
      let count = value["itemCount"]?.integer, count >= 0,
      let key = value["manifestFilesS3Key"]?.string, let format = value["outputFormat"]?.string
    else {
      throw Self.damaged(
        "\(url): the summary of the export says no format, number of items or list of files")
    }
    guard format.utf8.elementsEqual(Self.format.utf8) else {
      throw .refused(
        "\(url): the export's output format is \(format), and only \(Self.format) can be read",
        hint: "Export the table once more with ExportFormat=\(Self.format); nothing was written.")
    }
    guard let filesKey = location.object(key) else {
      throw Self.damaged("\(url): the summary names '\(key)', which is in no folder of an export")
    }
    table = value["tableId"]?.string ?? value["tableArn"]?.string ?? ""
    itemCount = count
    isOfChanges = value["exportType"]?.string == "INCREMENTAL_EXPORT"
    until = (value["exportToTime"] ?? value["exportTime"])?.string.map(Self.sortable)
    since = value["exportFromTime"]?.string.map(Self.sortable)
    self.filesKey = filesKey
  }

  /// Reads the list of files, one JSON object a line.
  mutating func readFiles(
    _ bytes: [UInt8], of url: ResourceURL, at location: ExportLocation
  ) throws(Failure) {
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let text = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      guard !text.isEmpty else { continue }
      guard let value = try? JSONValue(reading: text), let count = value["itemCount"]?.integer,
        count >= 0, let md5 = value["md5Checksum"]?.string,
        let key = value["dataFileS3Key"]?.string, let object = location.object(key)
      else {
        throw Self.damaged("\(url): line \(index + 1) of the list of files names no data file")
      }
      files.append(
        File(object: object, itemCount: count, md5: md5, tag: value["etag"]?.string))
    }
  }

  /// Whether the files hold together what the summary says; to be asked when each was counted.
  func checkSum(of url: ResourceURL) throws(Failure) {
    let sum = files.reduce(0) { $0 + $1.itemCount }
    guard sum == itemCount else {
      throw Self.damaged(
        "\(url): the files that are listed hold \(sum) items, and the summary says \(itemCount)")
    }
  }

  static func damaged(_ summary: String) -> Failure {
    .permanent(
      summary,
      hint: "Nothing was written. Bring the export back as DynamoDB wrote it, or export again.")
  }

  /// Moments with and without fractions, so that their order is that of their bytes.
  private static func sortable(_ moment: String) -> String {
    var text = moment.hasSuffix("Z") ? String(moment.dropLast()) : moment
    if !text.utf8.contains(UInt8(ascii: ".")) { text += ".000" }
    return text
  }
}
