import Glibc

/// One GET to a port of 127.0.0.1, for health checks only: nothing but the status is looked at.
///
/// It blocks its thread for at most the limit.
struct LoopbackRequest {
  enum Answer: Equatable {
    case status(Int)
    /// Why there is none.
    case none(String)
  }

  private static let headBytesMax = 16 << 10

  let port: UInt16
  let path: String
  let limit: Duration

  func send() -> Answer {
    let deadline = ContinuousClock.now + limit
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return .none(reason("no socket")) }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code != 0, errno != EINPROGRESS { return .none(reason("no connection")) }
    guard wait(socket, POLLOUT, deadline) else { return .none("no connection within \(limit)") }
    let lines = [
      "GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "User-Agent: cutover",
      "Connection: close", "", "",
    ]
    var request = Array(lines.joined(separator: "\r\n").utf8)[...]
    while !request.isEmpty {
      let count = request.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        request = request.dropFirst(count)
      } else if errno != EINTR {
        guard errno == EAGAIN else { return .none(reason("no connection")) }
        guard wait(socket, POLLOUT, deadline) else { return .none("no answer within \(limit)") }
      }
    }
    return receive(socket, deadline)
  }

  private func receive(_ socket: Int32, _ deadline: ContinuousClock.Instant) -> Answer {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while head.count < Self.headBytesMax {
      guard wait(socket, POLLIN, deadline) else { return .none("no answer within \(limit)") }
      let count = recv(socket, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count >= 0 else { return .none(reason("the connection broke")) }
      if count == 0 { break }
      head += buffer[..<count]
      if head.contains(UInt8(ascii: "\n")) { break }
    }
    let words = head.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
      .split(separator: UInt8(ascii: " "))
    guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
      let status = Int(String(decoding: words[1], as: UTF8.self))
    else { return .none("what answers does not speak HTTP") }
    return .status(status)
  }

  private func wait(
    _ socket: Int32, _ events: Int32, _ deadline: ContinuousClock.Instant
  ) -> Bool {
    while true {
      var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
      let (seconds, attoseconds) = ContinuousClock.now.duration(to: deadline).components
      let left = seconds * 1000 + attoseconds / 1_000_000_000_000_000
      let ready = poll(&entry, 1, Int32(clamping: max(0, left)))
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return false }
    }
  }

  private func reason(_ what: String) -> String { "\(what): \(String(cString: strerror(errno)))" }
}
