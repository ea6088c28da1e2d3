internal import CLinux
import Glibc

/// Starts processes with posix_spawn(3).
///
/// Each leads its own session and process group, so that a terminal's Ctrl-C does not reach it and
/// it can be signalled together with its children. It has default signal handling, an empty signal
/// mask, and no descriptor but its three standard ones.
enum Spawner {
  /// Waits of 1, 2, 4 … ms, a second in all, for whoever has the program open for writing.
  ///
  /// A program that was written a moment ago may still be open in a child that is being started
  /// beside this one: between fork and exec it holds a copy of every descriptor.
  private static let busyRetriesMax = 10

  /// Starts a program and returns its number; the three descriptors become its standard ones.
  ///
  /// Blocks until the program has been loaded, so never call it from a task.
  static func spawn(
    _ invocation: Invocation, input: Descriptor, output: Descriptor, errors: Descriptor
  ) throws(SubprocessFailure) -> Int32 {
    try check(invocation)
    let path = try locate(invocation)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.number, 0)
    posix_spawn_file_actions_adddup2(&actions, output.number, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.number, 2)
    clinux_spawn_close_from(&actions, 3)
    if let folder = invocation.folder {
      clinux_spawn_change_folder(&actions, folder)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setSignals(&attributes)

    let words = [invocation.program] + invocation.arguments
    let environment = invocation.environment.map { "\($0.key)=\($0.value)" }.sorted()
    var pid: pid_t = 0
    var code: Int32 = 0
    for attempt in 0...busyRetriesMax {
      code = withCStrings(words) { words in
        withCStrings(environment) { environment in
          posix_spawn(&pid, path, &actions, &attributes, words, environment)
        }
      }
      guard code == ETXTBSY, attempt < busyRetriesMax else { break }
      usleep(1000 << UInt32(attempt))
    }
    guard code == 0 else { throw failure(code, path, invocation) }
    return pid
  }

  private static func setSignals(_ attributes: inout posix_spawnattr_t) {
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let flags = Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
    posix_spawnattr_setflags(&attributes, clinux_spawn_new_session() | flags)
  }

  /// The path to run: a bare name is searched for in the child's own `PATH`, never in ours.
  private static func locate(_ invocation: Invocation) throws(SubprocessFailure) -> String {
    let program = invocation.program
    guard !program.utf8.contains(UInt8(ascii: "/")) else { return program }
    guard !program.isEmpty else { throw SubprocessFailure(.notFound, "no program is named") }
    guard let path = invocation.environment["PATH"], !path.isEmpty else {
      throw SubprocessFailure(
        .notFound, "'\(program)' is no path, and its environment has no PATH to find it by")
    }
    for folder in path.utf8.split(separator: UInt8(ascii: ":")) {
      let candidate = "\(String(decoding: folder, as: UTF8.self))/\(program)"
      var status = stat()
      let isFile = stat(candidate, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      if isFile, access(candidate, X_OK) == 0 { return candidate }
    }
    throw SubprocessFailure(.notFound, "there is no program '\(program)' in PATH (\(path))")
  }

  /// Refuses what C strings cannot carry: it would be cut off silently.
  private static func check(_ invocation: Invocation) throws(SubprocessFailure) {
    for name in invocation.environment.keys where name.isEmpty || name.contains("=") {
      throw SubprocessFailure(.unknown, "'\(name)' cannot be the name of an environment variable")
    }
    let pairs = invocation.environment.map { "\($0.key)=\($0.value)" }
    for word in [invocation.program, invocation.folder ?? ""] + invocation.arguments + pairs {
      guard !word.utf8.contains(0) else {
        throw SubprocessFailure(
          .unknown, "an argument or variable of '\(invocation.program)' holds a NUL byte")
      }
      guard word.utf8.count < Invocation.stringBytesMax else {
        throw SubprocessFailure(
          .unknown,
          "an argument or variable of '\(invocation.program)' is longer than "
            + "\(Invocation.stringBytesMax) bytes; pass it through standard input or a file")
      }
    }
  }

  private static func failure(
    _ code: Int32, _ path: String, _ invocation: Invocation
  ) -> SubprocessFailure {
    if let folder = invocation.folder {
      var status = stat()
      guard stat(folder, &status) == 0 else {
        return SubprocessFailure(errno, "cannot run '\(path)' in the folder '\(folder)'")
      }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        return SubprocessFailure(ENOTDIR, "cannot run '\(path)' in '\(folder)'")
      }
    }
    return SubprocessFailure(code, "cannot run '\(path)'")
  }

  private static func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    copies.append(nil)
    return copies.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else {
        preconditionFailure("an array with an end marker")
      }
      return body(base)
    }
  }
}
