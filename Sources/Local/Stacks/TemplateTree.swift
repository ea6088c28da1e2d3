import Digests
import Foundation
import Glibc
import Resources

/// The files of a template, apart from `stack.json5` itself, which only says how to run them.
enum TemplateTree {
  static let definitionName = "stack.json5"
  /// A template is code and settings; data has places of its own.
  static let entriesMax = 20_000
  static let bytesMax = 1 << 30
  private static let bufferBytes = 1 << 20

  /// A digest of all names, kinds, contents and rights to execute.
  ///
  /// With `synchronising`, all that was read is also made durable.
  static func digest(
    of folder: String, synchronising: Bool = false
  ) throws(Failure) -> String {
    var stream = DigestStream(.sha256)
    var bytesLeft = bytesMax
    for path in try paths(in: folder) {
      let full = path.isEmpty ? folder : "\(folder)/\(path)"
      var status = stat()
      guard lstat(full, &status) == 0 else {
        throw .system(errno, "the template's '\(full)' cannot be looked at")
      }
      stream.update(Array(path.utf8) + [0])
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        stream.update([UInt8(ascii: "d")])
        if synchronising { try DurableFile.synchronise(folder: full) }
      case S_IFLNK:
        stream.update([UInt8(ascii: "l")] + (try target(of: full)) + [0])
      case S_IFREG:
        stream.update([UInt8(ascii: status.st_mode & S_IXUSR == 0 ? "f" : "x")])
        stream.update(try content(full, synchronising, bytesLeft: &bytesLeft))
      case _:
        throw .refused(
          "the template's '\(full)' is no file, folder or link",
          hint: "Take it out of the template.")
      }
    }
    return String(Digest.hex(stream.digest()).prefix(digestLength))
  }

  private static let digestLength = 32

  /// Copies the template's files to a folder that is not there yet, durably.
  static func copy(_ folder: String, to target: String, digest expected: String) throws(Failure) {
    do {
      try FileManager.default.copyItem(atPath: folder, toPath: target)
      if access("\(target)/\(definitionName)", F_OK) == 0 {
        try FileManager.default.removeItem(atPath: "\(target)/\(definitionName)")
      }
    } catch {
      throw .permanent(
        "the template '\(folder)' cannot be copied to '\(target)': \(error.localizedDescription)",
        hint: "Check the template's files and the room left, then 'cutover retry'.")
    }
    guard try digest(of: target, synchronising: true) == expected else {
      throw .transient(
        "the template '\(folder)' changed while it was copied", hint: "Tried again by itself.")
    }
  }

  /// All paths inside, parents first, in the order of their bytes; "" is the folder itself.
  private static func paths(in folder: String) throws(Failure) -> [String] {
    var found = [""]
    var open = [""]
    while let next = open.popLast() {
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(
          atPath: next.isEmpty ? folder : "\(folder)/\(next)")
      } catch {
        throw .permanent(
          "the template's folder '\(folder)/\(next)' cannot be read: \(error.localizedDescription)",
          hint: "Check the path and its rights.")
      }
      for name in names {
        let path = next.isEmpty ? name : "\(next)/\(name)"
        if path == definitionName { continue }
        found.append(path)
        var status = stat()
        if lstat("\(folder)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
          open.append(path)
        }
      }
      guard found.count <= entriesMax else {
        throw .refused(
          "the template '\(folder)' has more than \(entriesMax) entries",
          hint: "Keep data out of the template; name its folder with a parameter.")
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func target(of link: String) throws(Failure) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &buffer, buffer.count)
    guard count >= 0 else { throw .system(errno, "the link '\(link)' cannot be read") }
    return buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  private static func content(
    _ path: String, _ synchronising: Bool, bytesLeft: inout Int
  ) throws(Failure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { throw .system(errno, "the template's '\(path)' cannot be opened") }
    defer { close(file) }
    var stream = DigestStream(.sha256)
    var buffer = [UInt8](repeating: 0, count: bufferBytes)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(errno, "the template's '\(path)' cannot be read") }
      if count == 0 { break }
      bytesLeft -= count
      guard bytesLeft >= 0 else {
        throw .refused(
          "the template holds more than \(bytesMax) bytes",
          hint: "Keep data out of the template; name its folder with a parameter.")
      }
      stream.update(buffer[..<count])
    }
    guard !synchronising || fsync(file) == 0 else {
      throw .system(errno, "'\(path)' cannot be made durable")
    }
    return stream.digest()
  }
}
