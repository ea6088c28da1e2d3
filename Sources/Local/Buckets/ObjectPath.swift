import Resources

/// A key as a path below a bucket's folder.
struct ObjectPath: Sendable {
  /// What the bucket keeps for itself stands in this folder.
  static let reserved = Array(".cutover".utf8)

  let key: ObjectKey
  /// The key as a C string.
  let path: [CChar]
  /// The folder that the object stands in, as a C string; `.` for the bucket's own.
  let folder: [CChar]
  /// The file's name in that folder, as a C string.
  let name: [CChar]

  /// Refuses what a path would change or leave the folder by.
  init(_ key: ObjectKey, in url: ResourceURL) throws(Failure) {
    let parts = key.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let problem: String? =
      if key.bytes.isEmpty {
        "it is empty"
      } else if key.bytes.contains(0) {
        "it holds a NUL byte"
      } else if parts.contains(where: \.isEmpty) {
        "it begins or ends with a slash, or has two in a row"
      } else if parts.contains(where: { $0 == [46] || $0 == [46, 46] }) {
        "'.' and '..' lead elsewhere"
      } else if let first = parts.first, first.elementsEqual(Self.reserved) {
        "'.cutover' is the bucket's own"
      } else {
        nil
      }
    if let problem {
      throw .refused(
        "\(url) cannot hold the key '\(key.text)': \(problem)",
        hint: "Rename the object at the source, or copy to a store that takes such keys.")
    }
    self.key = key
    let path = key.bytes.map { CChar(bitPattern: $0) } + [0]
    let slash = path.lastIndex(of: CChar(UInt8(ascii: "/")))
    folder = slash.map { path[..<$0] + [0] } ?? [46, 0]
    name = slash.map { Array(path[($0 + 1)...]) } ?? path
    self.path = path
  }
}
