import Glibc
import Resources
import Subprocesses
import Synchronization

/// Files that are being written, in the bucket's own folder, until they get their real names.
///
/// Their names say which process writes them, so that what a dead one left behind can be told from
/// what another one is writing at this moment.
final class TemporaryFiles: Sendable {
  static let folder = ".cutover/temporary"

  private let url: ResourceURL
  private let prefix: String
  private let counter = Atomic<UInt64>(0)
  private let isReady = Mutex(false)

  init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    do throws(SubprocessFailure) {
      let process = try ProcessIdentity.current()
      prefix = "\(process.bootID).\(process.pid).\(process.startTicks)."
    } catch {
      throw .permanent("\(url): \(error)", hint: "Mount /proc.")
    }
  }

  /// Makes an empty file and returns its path below the bucket's folder.
  func make(in folder: OpenFile) throws(Failure) -> (path: String, file: OpenFile) {
    try prepare(folder)
    let number = counter.add(1, ordering: .relaxed).newValue
    // Two stores of one process share the rest of the name.
    let path = "\(Self.folder)/\(prefix)\(UInt(bitPattern: ObjectIdentifier(self))).\(number)"
    let file = openat(folder.number, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .system(errno, "\(url): a file cannot be made in \(Self.folder)") }
    return (path, OpenFile(taking: file))
  }

  private func prepare(_ folder: OpenFile) throws(Failure) {
    guard !isReady.withLock({ $0 }) else { return }
    for path in [".cutover", Self.folder, MetadataFile.folder] {
      guard mkdirat(folder.number, path, 0o755) == 0 || errno == EEXIST else {
        throw .system(errno, "\(url): '\(path)' cannot be made")
      }
    }
    removeLeftovers(in: folder)
    isReady.withLock { $0 = true }
  }

  /// Removes what processes of this boot left that live no more.
  ///
  /// Files of another boot may be another machine's, so they are left alone; they do no harm.
  private func removeLeftovers(in folder: OpenFile) {
    let number = openat(folder.number, Self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0, let stream = fdopendir(number) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let parts = name.split(separator: ".").map(String.init)
      guard parts.count >= 4, let pid = Int32(parts[1]), let ticks = UInt64(parts[2]) else {
        continue
      }
      let writer = ProcessIdentity(pid: pid, startTicks: ticks, bootID: parts[0])
      guard prefix.hasPrefix(parts[0] + "."), (try? writer.isAlive()) == false else { continue }
      unlinkat(number, name, 0)
    }
  }
}
