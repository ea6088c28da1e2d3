import Resources

/// Behind which line of which file a page of an export ended.
struct ExportPlace: Equatable, Sendable {
  private static let version = "1"

  /// The number of the export in the order in which they are read.
  var export = 0
  /// The number of the file in its manifest.
  var file = 0
  /// How many of its lines were read.
  var line = 0

  init(export: Int, file: Int = 0) {
    self.export = export
    self.file = file
  }

  var position: PagePosition { PagePosition("\(Self.version):\(export):\(file):\(line)") }

  /// Reads a position; nil is the beginning.
  init(
    _ position: PagePosition?, in url: ResourceURL, _ manifests: [ExportManifest]
  ) throws(Failure) {
    guard let position else { return }
    let parts = position.text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.dropFirst().compactMap { Int($0) }
    guard parts.count == 4, parts[0] == Self.version, numbers.count == 3,
      numbers.allSatisfy({ $0 >= 0 }), numbers[0] <= manifests.count,
      numbers[0] == manifests.count || numbers[1] <= manifests[numbers[0]].files.count
    else {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The checkpoint is of another export or version; start the step anew.")
    }
    (export, file, line) = (numbers[0], numbers[1], numbers[2])
  }
}
