import Resources

extension ResourceURL {
  /// Whether both surely name one resource, however many slashes were written.
  ///
  /// Says no when unsure, so a caller must be safe with that answer.
  func isSame(as other: ResourceURL) -> Bool {
    scheme == other.scheme && authority.utf8.elementsEqual(other.authority.utf8)
      && parts == other.parts && query == other.query
      && (fragment ?? "").utf8.elementsEqual((other.fragment ?? "").utf8)
  }

  private var parts: [[UInt8]] {
    path.utf8.split(separator: 47).map(Array.init).filter { $0 != [46] }
  }
}
