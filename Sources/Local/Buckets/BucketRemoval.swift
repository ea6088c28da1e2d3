import Glibc
import Resources

/// Removes a bucket's folder, in which no objects are left.
enum BucketRemoval {
  static func remove(_ path: String, _ url: ResourceURL) throws(Failure) {
    for folder in try folders(below: path, url).reversed() {
      // Only the bucket's own files are left; a folder that holds anything else stays and is told.
      let isOurs =
        folder == "\(path)/\(TemporaryFiles.folder)"
        || folder == "\(path)/\(MetadataFile.folder)"
      if isOurs { try removeFiles(in: folder, url) }
      guard rmdir(folder) == 0 || errno == ENOENT else {
        throw .system(errno, "\(url): the folder '\(folder)' cannot be removed")
      }
    }
  }

  /// The folder and all below it, each before those in it.
  private static func folders(below path: String, _ url: ResourceURL) throws(Failure) -> [String] {
    var found = [path]
    for name in try names(in: path, url) {
      let child = "\(path)/\(name)"
      var status = stat()
      guard lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
      found += try folders(below: child, url)
    }
    return found
  }

  private static func removeFiles(in folder: String, _ url: ResourceURL) throws(Failure) {
    for name in try names(in: folder, url) {
      guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
        throw .system(errno, "\(url): '\(folder)/\(name)' cannot be removed")
      }
    }
  }

  private static func names(in folder: String, _ url: ResourceURL) throws(Failure) -> [String] {
    guard let stream = opendir(folder) else {
      throw .system(errno, "\(url): '\(folder)' cannot be listed")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
