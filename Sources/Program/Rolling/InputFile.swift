internal import Glibc

/// Reads the files that a person names on the command line.
enum InputFile {
  /// Longer than any playbook that a person could keep in mind.
  static let bytesMax = 8 << 20

  /// The file's bytes; `-` is standard input.
  static func read(_ path: String, noun: String) throws -> [UInt8] {
    // Without O_NONBLOCK a pipe that nobody writes to would keep us waiting for ever.
    let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw refusal(path, noun, errno) }
    defer { if path != "-" { close(file) } }
    if path != "-" { _ = fcntl(file, F_SETFL, 0) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw refusal(path, noun, errno)
      }
      bytes += buffer[..<count]
      guard bytes.count <= bytesMax else {
        throw Refusal(
          .badInput, "the \(noun) \(path) is longer than \(Words.bytes(Int64(bytesMax)))",
          hint: "Is it the right file?")
      }
    }
  }

  private static func refusal(_ path: String, _ noun: String, _ code: Int32) -> Refusal {
    switch code {
    case ENOENT, ENOTDIR:
      Refusal(.noFile, "there is no \(noun) at \(path)", hint: "Check the path.")
    case EISDIR:
      Refusal(.noFile, "\(path) is a folder, not a \(noun)", hint: "Name a file in it.")
    default:
      Refusal(
        .noFile, "the \(noun) \(path) cannot be read: \(String(cString: strerror(code)))",
        hint: "Check its rights.")
    }
  }
}
