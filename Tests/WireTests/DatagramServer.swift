import Dispatch
import Glibc
import Harness

/// A loopback server that answers datagrams as a closure says.
enum DatagramServer {
  static func with<Answer>(
    _ answer: @escaping @Sendable ([UInt8]) -> [[UInt8]], _ body: (Int) async throws -> Answer
  ) async throws -> Answer {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard code == 0 else { throw HarnessError("no datagram socket: errno \(errno)") }
    let source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: DispatchQueue(label: "datagrams"))
    source.setEventHandler { @Sendable in Self.serve(descriptor, answer) }
    source.setCancelHandler { @Sendable in close(descriptor) }
    source.activate()
    defer { source.cancel() }
    return try await body(Int(UInt16(bigEndian: address.sin_port)))
  }

  private static func serve(_ descriptor: Int32, _ answer: ([UInt8]) -> [[UInt8]]) {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var peer = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &peer) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
        let count = recvfrom(descriptor, &bytes, bytes.count, 0, peer, &length)
        guard count > 0 else { return }
        for reply in answer(Array(bytes[..<count])) {
          _ = sendto(descriptor, reply, reply.count, 0, peer, length)
        }
      }
    }
  }
}
