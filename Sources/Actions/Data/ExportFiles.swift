import Resources

/// Where the files of an export are, as URLs.
///
/// Source: "DynamoDB table export output format" in the developer guide.
struct ExportFiles {
  /// The object that says what was written.
  let manifest: String
  /// What the names of its own objects begin with.
  let prefix: String

  init(_ export: TableExport, _ order: TableExportOrder) {
    let key: String
    if let told = export.manifest {
      key = told
    } else {
      // The last part of the export's name is that of its folder.
      let id = export.id.split(separator: "/").last.map(String.init) ?? export.id
      let folder = order.prefix.isEmpty ? "" : "\(order.prefix)/"
      key = "\(folder)AWSDynamoDB/\(id)/manifest-summary.json"
    }
    manifest = "s3://\(order.bucket)/\(key)"
    prefix = String(manifest.prefix(through: manifest.lastIndex(of: "/") ?? manifest.startIndex))
  }
}

extension String {
  /// The text without slashes at its ends.
  var trimmingSlashes: String {
    String(drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
  }
}
