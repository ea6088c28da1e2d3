import Resources

/// Reads the file path out of a local resource's URL.
enum LocalPath {
  /// The absolute path without a slash at its end.
  ///
  /// A relative one is refused: a rollout may be carried on from another folder.
  static func path(of url: ResourceURL) throws(Failure) -> String {
    guard url.authority.isEmpty else {
      throw .permanent(
        "\(url) is not an absolute path: '\(url.authority)' stands where a host would",
        hint: "Write \(url.scheme):/// and the path from the root, with three slashes.")
    }
    var path = url.path
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1 else {
      throw .permanent(
        "\(url) names no file or folder", hint: "Write \(url.scheme):///path/from/the/root.")
    }
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
      throw .permanent(
        "\(url) leads through '..'", hint: "Write the path without detours.")
    }
    return path
  }
}
