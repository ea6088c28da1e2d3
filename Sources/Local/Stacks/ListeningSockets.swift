import Glibc
import Resources

/// Who would answer on a port of 127.0.0.1, as /proc tells it.
///
/// That a server answers says nothing about whose it is; the socket that listens does.
enum ListeningSockets {
  /// Listening sockets come first in these files, before any connection.
  private static let tableBytesMax = 16 << 20
  private static let listening = Substring("0A")

  /// The inode numbers of the sockets that a connection to 127.0.0.1 can reach.
  static func inodes(on port: UInt16) throws(Failure) -> Set<UInt64> {
    let loopback = hex(UInt32(0x7f00_0001).bigEndian)
    let any = String(repeating: "0", count: 8)
    let mapped = any + any + hex(UInt32(0xffff).bigEndian)
    let digits = String(port, radix: 16, uppercase: true)
    let end = ":" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    let reachable = Set(
      [any, loopback, any + any + any + any, mapped + loopback, mapped + any].map { $0 + end })
    var found: Set<UInt64> = []
    for name in ["tcp", "tcp6"] {
      guard let text = try table("/proc/self/net/\(name)") else { continue }
      for line in text.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ", maxSplits: 10)
        guard fields.count > 9, fields[3] == listening, reachable.contains(String(fields[1])),
          let inode = UInt64(fields[9])
        else { continue }
        found.insert(inode)
      }
    }
    return found
  }

  /// Which of these sockets a process has open; nil when it does not let us look.
  static func held(by pid: Int32, of inodes: Set<UInt64>) -> Set<UInt64>? {
    guard let folder = opendir("/proc/\(pid)/fd") else { return errno == ENOENT ? [] : nil }
    defer { closedir(folder) }
    var found: Set<UInt64> = []
    var buffer = [CChar](repeating: 0, count: 128)
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let count = readlinkat(dirfd(folder), name, &buffer, buffer.count)
      guard count > 0 else { continue }
      let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard target.hasPrefix("socket:["), let inode = UInt64(target.dropFirst(8).dropLast()),
        inodes.contains(inode)
      else { continue }
      found.insert(inode)
    }
    return found
  }

  /// A process that has one of these sockets open, in words; for a message only.
  static func holder(of inodes: Set<UInt64>) -> String {
    guard let folder = opendir("/proc") else { return "another process" }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = Int32(name), let held = held(by: pid, of: inodes), !held.isEmpty else {
        continue
      }
      let command = (try? table("/proc/\(pid)/comm")).flatMap { $0 } ?? ""
      return "process \(pid) (\(LogTail.escaped(command.filter { !$0.isNewline })))"
    }
    return "a process that cannot be seen from here"
  }

  private static func hex(_ number: UInt32) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// The text of a file of /proc; nil where the kernel has no such file.
  private static func table(_ path: String) throws(Failure) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .system(errno, "'\(path)' cannot be opened")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < tableBytesMax {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(errno, "'\(path)' cannot be read") }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
