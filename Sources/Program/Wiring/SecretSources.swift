internal import Glibc
package import Resources

/// Where `${secret:…}` references lead: `env:NAME`, `file:path`, and the stores of AWS.
///
/// A file of secrets must belong to its reader alone: one that a group or everybody can read is
/// refused, as ssh refuses such a key. One line end at its end is not part of the secret.
package enum SecretSources {
  /// Longer than any key or token.
  private static let bytesMax = 64 << 10

  package static func standard(
    environment: [String: String], cloud: any CloudExchange = NoCloud(), clock: any WallClock
  ) -> Secrets {
    let stores = CloudSecrets(cloud: cloud, clock: clock)
    return Secrets { (kind, name) async throws(Failure) in
      switch kind {
      case "env": return environment[name]
      case "file": return try read(name)
      case "ssm": return try await stores.parameter(name)
      case "secretsmanager": return try await stores.secret(name)
      default:
        throw .permanent(
          "there is no source of secrets called '\(kind)'",
          hint: "Write ${secret:env:NAME}, ${secret:file:path}, ${secret:ssm:/name} or "
            + "${secret:secretsmanager:name#key}.")
      }
    }
  }

  private static func read(_ path: String) throws(Failure) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .permanent(
        "the secret file \(path) cannot be read: \(String(cString: strerror(errno)))",
        hint: "Give this user the right to read it.")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .permanent("the secret file \(path) is not a file", hint: "Name a plain file.")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw .refused(
        "the secret file \(path) can be read or written by others than its owner",
        hint: "Take their rights away with 'chmod 600', then carry on.")
    }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0, count <= bytesMax else {
      throw .permanent(
        "the secret file \(path) is longer than \(bytesMax) bytes or cannot be read",
        hint: "Name a file that holds the secret and nothing else.")
    }
    var content = bytes[..<count]
    if content.last == UInt8(ascii: "\n") { content.removeLast() }
    if content.last == UInt8(ascii: "\r") { content.removeLast() }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .permanent(
        "the secret file \(path) is not text", hint: "Secrets are UTF-8 text; encode other bytes.")
    }
    return text
  }
}
