import Glibc

/// Wakes whoever waits on sockets when the caller lost interest.
///
/// May be rung from any thread, any number of times, also before anyone waits.
final class DNSBell: Sendable {
  /// Readable once the bell has rung.
  let descriptor: Int32
  private let rope: Int32

  init() throws(DNSFailure.Reason) {
    var ends: [Int32] = [0, 0]
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else { throw DNSSocket.reason(errno) }
    descriptor = ends[0]
    rope = ends[1]
  }

  deinit {
    close(descriptor)
    close(rope)
  }

  func ring() {
    var byte: UInt8 = 1
    _ = send(rope, &byte, 1, Int32(MSG_NOSIGNAL))
  }
}
