internal import Dispatch
internal import Glibc
internal import Synchronization

/// The only place that writes to standard output and standard error.
///
/// A reader that went away is no error: what would be written is dropped, and a rollout goes on.
/// Safe to call from any task or thread; whole texts are never mixed up with each other.
package final class Console: Sendable {
  let screen: Screen
  let errorScreen: Screen
  /// Whether a person can be asked something.
  let isInteractive: Bool
  private let output: Outlet
  private let errors: Outlet

  package init(environment: [String: String]) {
    screen = Screen(descriptor: STDOUT_FILENO, environment: environment)
    errorScreen = Screen(descriptor: STDERR_FILENO, environment: environment)
    isInteractive = screen.isTerminal && isatty(STDIN_FILENO) == 1
    output = Outlet(descriptor: STDOUT_FILENO)
    errors = Outlet(descriptor: STDERR_FILENO)
  }

  var palette: Palette { Palette(screen) }

  /// Writes text as it is; for help, scripts and JSON, which hold nothing from outside unescaped.
  func write(_ text: String) { output.write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) { output.write(bytes) }

  func show(_ lines: [Line]) {
    let palette = palette
    write(lines.map { palette.render($0) + "\n" }.joined())
  }

  func show(_ line: Line) { show([line]) }

  /// Says what went wrong, on standard error.
  func complain(_ lines: [Line]) {
    let palette = Palette(errorScreen)
    errors.write(Array(lines.map { palette.render($0) + "\n" }.joined().utf8))
  }

  /// Hands text to standard output without ever waiting for its reader.
  ///
  /// For what runs beside a rollout: a terminal that was stopped with Ctrl-S must not stop it.
  func post(_ text: String) { output.post(Array(text.utf8)) }

  /// Whether something posted was not written yet.
  var isBehind: Bool { output.isBehind }

  /// Waits until what was posted is written or nobody reads any more; for the end, when the lease
  /// is let go and a slow reader holds up nobody.
  func flush() { output.flush() }

  /// Asks a question; anything but a yes is a no.
  func confirm(_ question: Line) -> Bool {
    write(palette.render(question) + " ")
    let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
    return answer == "y" || answer == "yes"
  }
}

/// One descriptor and the queue before it.
private final class Outlet: Sendable {
  /// More than a reader can be behind before lines are dropped.
  private static let pendingBytesMax = 16 << 20

  private struct State {
    var pendingBytes = 0
    var droppedCount = 0
    var isClosed = false
  }

  private let descriptor: Int32
  private let queue = DispatchQueue(label: "console")
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  func write(_ bytes: [UInt8]) { queue.sync { drain(bytes) } }

  func post(_ bytes: [UInt8]) {
    let isTaken = state.withLock { state in
      guard state.pendingBytes + bytes.count <= Self.pendingBytesMax else {
        state.droppedCount += 1
        return false
      }
      state.pendingBytes += bytes.count
      return true
    }
    guard isTaken else { return }
    queue.async { [self] in
      drain(bytes)
      let dropped = state.withLock { state in
        state.pendingBytes -= bytes.count
        let dropped = state.pendingBytes == 0 ? state.droppedCount : 0
        if dropped > 0 { state.droppedCount = 0 }
        return dropped
      }
      if dropped > 0 { drain(Array("… \(dropped) updates were not shown\n".utf8)) }
    }
  }

  var isBehind: Bool { state.withLock { $0.pendingBytes > 0 } }

  func flush() { queue.sync {} }

  /// Writes everything or learns that nobody reads any more.
  private func drain(_ bytes: [UInt8]) {
    guard !state.withLock({ $0.isClosed }) else { return }
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        offset += count
      } else if errno == EAGAIN {
        var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wish, 1, -1)
      } else if errno != EINTR {
        state.withLock { $0.isClosed = true }
        return
      }
    }
  }
}
