internal import Foundation

/// Where a playbook's file is, told so that it stays true from any other folder.
enum PlaybookPlace {
  /// The path from the root; what is no file (`-`) keeps its name.
  static func path(of name: String) -> String {
    name == "-" ? name : URL(filePath: name).standardizedFileURL.path
  }

  /// The folder of a path from the root; nil for any other name, such as older journals have.
  static func folder(of path: String) -> String? {
    guard path.hasPrefix("/") else { return nil }
    return (path as NSString).deletingLastPathComponent
  }
}
