internal import CLinux
import Glibc
import Resources

/// Walks a bucket's folder in byte order of the keys, beginning after any key.
///
/// It holds the names of the folders on its way, not of the whole tree. One thread uses it at a
/// time.
struct DirectoryWalk: Sendable {
  /// Deeper trees than paths can have are loops.
  private static let depthMax = 256

  private let folder: BucketFolder
  private var levels: [Level] = []

  private struct Level: Sendable {
    let file: OpenFile
    /// The keys' beginning up to here, with its slash.
    let prefix: [UInt8]
    let names: NameList
    var next: Int
  }

  struct Found {
    let key: ObjectKey
    let status: stat
  }

  init(_ folder: BucketFolder, after key: ObjectKey?) throws(Failure) {
    self.folder = folder
    let root = openat(folder.file.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw .system(errno, "\(folder.url) cannot be listed") }
    try enter(OpenFile(taking: root), prefix: [])
    if let key { try skip(to: key.bytes) }
  }

  /// The next object, or nil behind the last one.
  mutating func next() throws(Failure) -> Found? {
    while var level = levels.popLast() {
      guard level.next < level.names.count else { continue }
      let index = level.next
      level.next += 1
      levels.append(level)
      if let found = try visit(index, of: level) { return found }
    }
    return nil
  }

  private mutating func visit(_ index: Int, of level: Level) throws(Failure) -> Found? {
    let name = level.names.name(index)
    let key = ObjectKey(bytes: level.prefix + name)
    switch level.names.kind(index) {
    case .file: return try found(key, name, level)
    case .folder:
      try enterChild(name, of: level)
      return nil
    case .link:
      switch folder.links {
      case .refuse: throw folder.failure(ELOOP, try ObjectPath(key, in: folder.url))
      case .follow:
        let path = try ObjectPath(key, in: folder.url)
        guard let status = try folder.status(path) else {
          throw .refused(
            "\(folder.url): the link '\(key.text)' leads to no file inside the bucket",
            hint: "Mend or remove the link.")
        }
        return Found(key: key, status: status)
      case .skip: return nil
      }
    case .other:
      throw .refused(
        "\(folder.url): '\(key.text)' is no ordinary file",
        hint: "Remove the socket, pipe or device from the bucket's folder.")
    }
  }

  private func found(
    _ key: ObjectKey, _ name: ArraySlice<UInt8>, _ level: Level
  ) throws(Failure) -> Found? {
    var status = stat()
    let path = name.map { CChar(bitPattern: $0) } + [0]
    guard fstatat(level.file.number, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      // Deleted since the names were read.
      if errno == ENOENT { return nil }
      throw .system(errno, "\(folder.url): '\(key.text)'")
    }
    return status.st_mode & S_IFMT == S_IFREG ? Found(key: key, status: status) : nil
  }

  private mutating func enterChild(
    _ name: ArraySlice<UInt8>, of level: Level
  ) throws(Failure) {
    let path = name.dropLast().map { CChar(bitPattern: $0) } + [0]
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let number = openat(level.file.number, path, flags)
    guard number >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return }
      throw .system(errno, "\(folder.url): '\(ObjectKey(bytes: level.prefix + name).text)'")
    }
    try enter(OpenFile(taking: number), prefix: level.prefix + name)
  }

  private mutating func enter(_ file: OpenFile, prefix: [UInt8]) throws(Failure) {
    guard levels.count < Self.depthMax else {
      throw .refused(
        "\(folder.url) has folders nested more than \(Self.depthMax) deep",
        hint: "Look for a loop of mounts.")
    }
    var names = try Self.names(in: file, folder.url)
    names.sort()
    levels.append(Level(file: file, prefix: prefix, names: names, next: 0))
  }

  /// Goes to the first object after `key`, down the folders that it names.
  private mutating func skip(to key: [UInt8]) throws(Failure) {
    var rest = key[...]
    while true {
      let slash = rest.firstIndex(of: UInt8(ascii: "/"))
      let part = slash.map { rest[...$0] } ?? rest
      var level = levels.removeLast()
      level.next = level.names.firstIndex(notBefore: part)
      let isThere = level.next < level.names.count && level.names.name(level.next) == part
      if isThere { level.next += 1 }
      levels.append(level)
      guard isThere, let slash else { return }
      let depth = levels.count
      try enterChild(part, of: level)
      guard levels.count > depth else { return }
      rest = rest[(slash + 1)...]
    }
  }

  private static func names(in file: OpenFile, _ url: ResourceURL) throws(Failure) -> NameList {
    // The stream takes its descriptor over, so it gets one of its own.
    let copy = openat(file.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else {
      throw .system(errno, "\(url) cannot be listed")
    }
    defer { closedir(stream) }
    var names = NameList()
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw .system(errno, "\(url) cannot be listed") }
        return names
      }
      withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: CChar.self, capacity: 256) { start in
          let name = UnsafeBufferPointer(start: start, count: strlen(start))
          if isOurs(name) { return }
          names.append(name, kind(entry.pointee.d_type, start, file))
        }
      }
    }
  }

  /// The two links to folders that every folder has, and the bucket's own folder.
  private static func isOurs(_ name: UnsafeBufferPointer<CChar>) -> Bool {
    let isDots = name.count <= 2 && name.allSatisfy { $0 == 46 }
    return isDots || name.elementsEqual(ObjectPath.reserved.lazy.map { CChar(bitPattern: $0) })
  }

  private static func kind(
    _ type: UInt8, _ name: UnsafePointer<CChar>, _ file: OpenFile
  ) -> NameList.Kind {
    switch Int(type) {
    case Int(DT_REG): return .file
    case Int(DT_DIR): return .folder
    case Int(DT_LNK): return .link
    case Int(DT_UNKNOWN):
      // Some file systems do not say.
      var status = stat()
      guard fstatat(file.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .file }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return .file
      case S_IFDIR: return .folder
      case S_IFLNK: return .link
      case _: return .other
      }
    case _: return .other
    }
  }
}
