/// How long a server may take.
package struct DNSLimits: Sendable, Equatable {
  /// Datagrams sent before the server counts as silent.
  package var datagrams: Int
  /// How long each of them is waited for.
  package var datagram: Duration
  /// A whole exchange over one connection.
  package var connection: Duration

  package init(datagrams: Int, datagram: Duration, connection: Duration) {
    self.datagrams = datagrams
    self.datagram = datagram
    self.connection = connection
  }

  package static let standard = DNSLimits(
    datagrams: 3, datagram: .milliseconds(1_500), connection: .seconds(10))
}

/// One question to one server, from the first socket to the checked reply.
///
/// Runs on a thread that may block; see ``DNSClient``.
struct DNSExchange {
  /// Datagrams that are not our reply and are passed over while waiting for it.
  private static let strayMax = 64

  let request: DNSMessage
  let server: DNSEndpoint
  let key: TSIGKey?
  let limits: DNSLimits
  let bell: DNSBell
  /// Seconds since 1970, for signatures.
  let now: @Sendable () -> UInt64
  private var wasSent = false

  init(
    _ request: DNSMessage, with server: DNSEndpoint, key: TSIGKey?, limits: DNSLimits,
    bell: DNSBell, now: @escaping @Sendable () -> UInt64
  ) {
    self.request = request
    self.server = server
    self.key = key
    self.limits = limits
    self.bell = bell
    self.now = now
  }

  /// Asks over datagrams, and over a connection when the reply is too long for them.
  ///
  /// An update goes over a connection from the start: a datagram that is sent again could be
  /// carried out twice.
  mutating func run() -> Result<DNSMessage, DNSFailure> {
    do throws(DNSFailure.Reason) {
      let addresses = try DNSAddress.lookUp(server)
      guard request.operation == .query else { return .success(try overConnection(addresses)) }
      let reply = try overDatagrams(addresses)
      return .success(reply.isTruncated ? try overConnection(addresses) : reply)
    } catch {
      return .failure(DNSFailure(error, server: server, wasSent: wasSent))
    }
  }

  private mutating func overDatagrams(
    _ addresses: [DNSAddress]
  ) throws(DNSFailure.Reason) -> DNSMessage {
    var problem = DNSFailure.Reason.notResolved
    var extended = true
    for attempt in 0..<max(1, limits.datagrams) {
      let address = addresses[attempt % addresses.count]
      do throws(DNSFailure.Reason) {
        let reply = try datagram(address, extended: extended)
        guard extended, reply.code == .formatError || reply.code == .notImplemented,
          !reply.additional.contains(where: { $0.type == .opt })
        else { return reply }
        // An old server that does not know EDNS.
        extended = false
        return try datagram(address, extended: false)
      } catch {
        switch error {
        case .cancelled, .signature, .invalid: throw error
        case .notResolved, .refused, .unreachable, .timedOut, .dropped, .malformed:
          problem = error
        }
      }
    }
    throw problem
  }

  private mutating func datagram(
    _ address: DNSAddress, extended: Bool
  ) throws(DNSFailure.Reason) -> DNSMessage {
    let deadline = ContinuousClock.now + limits.datagram
    var message = request
    if extended { message.allowLargeDatagrams() }
    var call = try DNSCall(message, key: key, now: now)
    let socket = try DNSSocket(.datagram, to: address, by: deadline, bell: bell)
    try socket.send(call.bytes, by: deadline)
    wasSent = true
    var stray: DNSFailure.Reason?
    for _ in 0..<Self.strayMax {
      let bytes: [UInt8]
      do throws(DNSFailure.Reason) {
        bytes = try socket.receive(DNSMessage.bytesMax, by: deadline)
      } catch {
        // A reply that made no sense says more than that no other came.
        if case .timedOut = error, let stray { throw stray }
        throw error
      }
      do throws(DNSFailure.Reason) {
        return try call.accept(bytes, now: now())
      } catch {
        // Anyone may send a datagram, so a bad one must not end the wait for the good one.
        guard case .malformed = error else { throw error }
        stray = error
      }
    }
    throw stray ?? .timedOut(.waiting)
  }

  private mutating func overConnection(
    _ addresses: [DNSAddress]
  ) throws(DNSFailure.Reason) -> DNSMessage {
    let deadline = ContinuousClock.now + limits.connection
    var call = try DNSCall(request, key: key, now: now)
    let socket = try connection(addresses, by: deadline)
    try socket.send(call.framed, by: deadline)
    wasSent = true
    let length = try socket.receiveAll(2, by: deadline)
    let bytes = try socket.receiveAll(Int(length[0]) << 8 | Int(length[1]), by: deadline)
    return try call.accept(bytes, now: now())
  }

  /// Connects to the first address that takes the connection.
  private func connection(
    _ addresses: [DNSAddress], by deadline: ContinuousClock.Instant
  ) throws(DNSFailure.Reason) -> DNSSocket {
    var problem = DNSFailure.Reason.notResolved
    for address in addresses {
      do throws(DNSFailure.Reason) {
        return try DNSSocket(.stream, to: address, by: deadline, bell: bell)
      } catch {
        if case .cancelled = error { throw error }
        problem = error
      }
    }
    throw problem
  }
}
