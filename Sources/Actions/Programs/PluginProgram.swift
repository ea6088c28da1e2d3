import Digests
import Glibc
import Resources
import Rollouts

/// Finds a plug-in's executable and makes sure that what runs is what was pinned.
struct PluginProgram: Sendable {
  /// Larger than any program that should be trusted with a cutover.
  private static let bytesMax = 256 << 20
  private static let pieceBytes = 1 << 20

  let name: String
  let path: String?
  /// Lower-case hexadecimal; nil runs whatever is there.
  let sha256: String?
  let site: Site

  /// The path to start and the digest of what stands there.
  ///
  /// A pinned program is copied into the step's own folder while it is hashed, from one open file,
  /// and the copy runs: whoever replaces the original meanwhile changes nothing.
  func prepare() throws(Failure) -> (path: String, digest: String) {
    let original = try locate()
    let file = open(original, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("cannot be read", original, errno) }
    defer { close(file) }
    guard let pin = sha256 else { return (original, try digest(file, original, copyTo: nil)) }
    let copy = "\(site.workFolder)/cutover-action-\(name)"
    try StepMark.makeFolders(site.workFolder)
    let draft = "\(copy).new"
    unlink(draft)
    let target = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o500)
    guard target >= 0 else { throw failure("cannot be copied", draft, errno) }
    let found: String
    do throws(Failure) {
      found = try digest(file, original, copyTo: target)
      close(target)
    } catch {
      close(target)
      unlink(draft)
      throw error
    }
    guard found == pin.lowercased() else {
      unlink(draft)
      throw .refused(
        "the plug-in \(original) has the SHA-256 \(found), but step \(site.step) wants \(pin)",
        hint: "Find out who changed it. It was not started.")
    }
    guard rename(draft, copy) == 0 else { throw failure("cannot be copied", copy, errno) }
    return (copy, found)
  }

  private func locate() throws(Failure) -> String {
    if let path { return path }
    let folders = (site.outside.processEnvironment["PATH"] ?? "").split(separator: ":")
    for folder in folders {
      let candidate = "\(folder)/cutover-action-\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw .permanent(
      "step \(site.step): there is no plug-in cutover-action-\(name) in PATH",
      hint: "Install it, or write its 'path'.")
  }

  private func digest(
    _ file: Int32, _ path: String, copyTo target: Int32?
  ) throws(Failure) -> String {
    var stream = StreamingSHA256()
    var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
    var total = 0
    while true {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot be read", path, errno) }
      if count == 0 { return Hex.text(stream.finish()) }
      total += count
      guard total <= Self.bytesMax else {
        throw .refused(
          "the plug-in \(path) is larger than \(Self.bytesMax >> 20) MB",
          hint: "Is this the right file?")
      }
      buffer.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      if let target { try write(buffer[..<count], to: target, path) }
    }
  }

  private func write(
    _ bytes: ArraySlice<UInt8>, to target: Int32, _ path: String
  ) throws(Failure) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot be copied", path, errno) }
      rest = rest.dropFirst(count)
    }
  }

  private func failure(_ what: String, _ path: String, _ code: Int32) -> Failure {
    .permanent(
      "the plug-in cutover-action-\(name) \(what): \(path): \(String(cString: strerror(code)))",
      hint: "Step \(site.step) needs it; check the path and its permissions.")
  }
}
