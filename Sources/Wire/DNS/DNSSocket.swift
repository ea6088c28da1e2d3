import Glibc

/// A socket to one DNS server that never blocks longer than a deadline allows.
///
/// Owned by the thread that made it. Every wait also ends when the ``DNSBell`` rings.
struct DNSSocket: ~Copyable {
  enum Kind {
    case datagram
    case stream
  }

  private let descriptor: Int32
  private let bell: DNSBell

  /// Connects, so that the kernel lets nothing in from another address or port.
  init(
    _ kind: Kind, to address: DNSAddress, by deadline: ContinuousClock.Instant, bell: DNSBell
  ) throws(DNSFailure.Reason) {
    let type = kind == .datagram ? SOCK_DGRAM : SOCK_STREAM
    let flags = SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    descriptor = socket(address.family, Int32(type.rawValue | flags), 0)
    self.bell = bell
    guard descriptor >= 0 else { throw Self.reason(errno) }
    let code = address.withPointer { connect(descriptor, $0, $1) }
    guard code != 0 else { return }
    guard errno == EINPROGRESS else { throw Self.reason(errno) }
    try wait(Int16(POLLOUT), by: deadline, .connecting)
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
    guard error == 0 else { throw Self.reason(error) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func send(
    _ bytes: [UInt8], by deadline: ContinuousClock.Instant
  ) throws(DNSFailure.Reason) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try wait(Int16(POLLOUT), by: deadline, .sending)
      } else if errno != EINTR {
        throw Self.reason(errno)
      }
    }
  }

  /// Receives what has come, at most `countMax` bytes; an empty answer is the end of a stream.
  func receive(
    _ countMax: Int, by deadline: ContinuousClock.Instant
  ) throws(DNSFailure.Reason) -> [UInt8] {
    while true {
      try wait(Int16(POLLIN), by: deadline, .waiting)
      var code = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { buffer, count in
        code = recv(descriptor, buffer.baseAddress, countMax, 0)
        count = max(0, code)
      }
      if code >= 0 { return bytes }
      guard errno == EAGAIN || errno == EINTR else { throw Self.reason(errno) }
    }
  }

  /// Receives exactly so many bytes of a stream.
  func receiveAll(
    _ count: Int, by deadline: ContinuousClock.Instant
  ) throws(DNSFailure.Reason) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try receive(count - bytes.count, by: deadline)
      guard !more.isEmpty else { throw .dropped }
      bytes += more
    }
    return bytes
  }

  private func wait(
    _ events: Int16, by deadline: ContinuousClock.Instant, _ stage: DNSFailure.Stage
  ) throws(DNSFailure.Reason) {
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw .timedOut(stage) }
      var entries = [
        pollfd(fd: descriptor, events: events, revents: 0),
        pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&entries, 2, Int32(clamping: left.milliseconds))
      if count < 0 && errno != EINTR { throw Self.reason(errno) }
      guard entries[1].revents == 0 else { throw .cancelled }
      // Errors and hang-ups too: the next call on the socket says what they are.
      if count > 0 && entries[0].revents != 0 { return }
    }
  }

  static func reason(_ number: Int32) -> DNSFailure.Reason {
    switch number {
    case ECONNREFUSED: .refused
    case ECONNRESET, EPIPE: .dropped
    default: .unreachable(String(cString: strerror(number)))
    }
  }
}

extension DNSFailure.Reason: Error {}
