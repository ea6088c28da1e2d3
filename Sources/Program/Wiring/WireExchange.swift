internal import Foundation
package import Resources
internal import Synchronization
internal import Wire

/// HTTP for actions and providers, carried by one client that starts when first used.
package final class WireExchange: HTTPExchange {
  private let environment: [String: String]
  private let client = Mutex<HTTPClient?>(nil)
  /// Clients for other certificate authorities, by file.
  private let special = Mutex<[String: HTTPClient]>([:])

  package init(environment: [String: String]) { self.environment = environment }

  package func send(_ call: HTTPCall) async throws(Failure) -> Resources.HTTPReply {
    var request = HTTPRequest(
      call.method, call.url,
      headers: HTTPHeaders(call.headers.map { HTTPHeaders.Field($0.name, $0.value) }),
      body: call.body,
      limits: HTTPLimits(
        connecting: min(call.timeLimit, HTTPLimits.standard.connecting), transfer: call.timeLimit,
        stall: min(max(call.timeLimit, .seconds(1)), HTTPLimits.standard.stall),
        bodyBytesMax: HTTPLimits.standard.bodyBytesMax))
    request.redirectsMax = call.followsRedirects ? Self.redirectsMax : 0
    // A probe sees what a new visitor sees, its certificate included.
    request.connection = .fresh
    if let address = call.connectTo { request.aim = try aim(at: address, for: call.url) }
    do throws(HTTPFailure) {
      let reply = try await client(for: call.authorities).send(request)
      return Resources.HTTPReply(
        status: reply.status, headers: reply.headers.fields.map { ($0.name, $0.value) },
        body: reply.body, elapsed: reply.timing.total,
        certificateExpires: reply.certificate.map {
          Timestamp(milliseconds: Int64($0.expires.timeIntervalSince1970 * 1000))
        })
    } catch {
      throw Self.failure(error)
    }
  }

  private static let redirectsMax = 10

  private static func failure(_ failure: HTTPFailure) -> Failure {
    if failure.reason == .cancelled { return .cancelled }
    let summary = "\(failure)"
    return failure.isTransient
      ? .transient(summary, hint: "It is tried again; look whether the server runs.")
      : .permanent(summary, hint: "Correct the URL, the server or its certificate.")
  }

  private func client(for authorities: String?) -> HTTPClient {
    guard let authorities else {
      return client.withLock { client in
        let known = client ?? make(.system)
        client = known
        return known
      }
    }
    return special.withLock { special in
      let known = special[authorities] ?? make(.file(authorities))
      special[authorities] = known
      return known
    }
  }

  private func make(_ authorities: HTTPClient.Authorities) -> HTTPClient {
    HTTPClient(
      HTTPClient.Settings(
        userAgent: "cutover/\(Version.text)", proxies: HTTPProxies(environment: environment),
        authorities: authorities))
  }

  /// Reads `host:port`, `[::1]:port`, or a host alone, which keeps the URL's port.
  static func place(_ text: String) -> (host: String, port: Int?)? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      if rest.isEmpty { return (host, nil) }
      guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()) else { return nil }
      return (host, port)
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: return text.isEmpty ? nil : (text, nil)
    case 2: return Int(parts[1]).map { (String(parts[0]), $0) }
    // An IPv6 address without brackets can have no port.
    default: return (text, nil)
    }
  }

  /// The aim for a URL: `host:port` to connect to in place of the URL's own.
  private func aim(at address: String, for url: String) throws(Failure) -> HTTPAim {
    guard let parts = URLComponents(string: url), let host = parts.host else {
      throw .permanent("'\(url)' has no host", hint: "Write http://host/path.")
    }
    let port = parts.port ?? (parts.scheme?.lowercased() == "https" ? 443 : 80)
    guard let (name, number) = Self.place(address) else {
      throw .permanent(
        "'\(address)' is not a place to connect to",
        hint: "Write host:port, such as 127.0.0.1:8080.")
    }
    return HTTPAim(host: host, port: port, address: name, addressPort: number)
  }
}
