import Glibc

/// The parts of /proc/PID/stat that tell processes apart.
struct ProcessStat: Equatable {
  let pid: Int32
  let state: Character
  let parent: Int32
  let group: Int32
  let session: Int32
  let startTicks: UInt64

  /// A zombie has ended; only its number is left until somebody waits for it.
  var hasEnded: Bool { state == "Z" || state == "X" || state == "x" }

  /// Nil when there surely is no such process.
  static func of(_ pid: Int32) throws(SubprocessFailure) -> ProcessStat? {
    do throws(SubprocessFailure) {
      let text = try ProcFile.read("/proc/\(pid)/stat")
      guard let stat = ProcessStat(pid, text) else {
        throw SubprocessFailure(.unknown, "/proc/\(pid)/stat cannot be understood")
      }
      return stat
    } catch {
      // Without /proc nothing can be told; that is not the same as "no such process".
      guard error.kind == .notFound || error.kind == .gone else { throw error }
      _ = try ProcFile.read("/proc/stat", bytesMax: 1)
      return nil
    }
  }

  init?(_ pid: Int32, _ text: [UInt8]) {
    // The second field is a file name in parentheses, which may itself hold anything.
    guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = text[(close + 1)...].split(separator: UInt8(ascii: " "))
      .map { String(decoding: $0, as: UTF8.self) }
    // Counted from the third field of proc(5): state is 3, start time is 22.
    guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
      let group = Int32(fields[2]), let session = Int32(fields[3]),
      let startTicks = UInt64(fields[19])
    else { return nil }
    self.pid = pid
    self.state = state
    self.parent = parent
    self.group = group
    self.session = session
    self.startTicks = startTicks
  }

  static func bootID() throws(SubprocessFailure) -> String {
    let bytes = try ProcFile.read("/proc/sys/kernel/random/boot_id")
    return String(decoding: bytes.filter { $0 > 32 }, as: UTF8.self)
  }
}

/// Reads files of /proc, which have no size.
enum ProcFile {
  /// More than an environment of 2 MB and argument lists take.
  static let bytesMax = 8 << 20

  static func read(_ path: String, bytesMax: Int = bytesMax) throws(SubprocessFailure) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < bytesMax {
      let count = Glibc.read(file.number, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw SubprocessFailure(errno, "cannot read '\(path)'")
      }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// The numbers of all processes that can be seen.
  static func pids() throws(SubprocessFailure) -> [Int32] {
    guard let folder = opendir("/proc") else { throw SubprocessFailure(errno, "cannot list /proc") }
    defer { closedir(folder) }
    var pids: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let pid = Int32(name) { pids.append(pid) }
    }
    guard !pids.isEmpty else {
      throw SubprocessFailure(.unknown, "/proc shows no process; is it mounted?")
    }
    return pids
  }
}
