import Resources
import Rollouts

/// Asks over HTTP whether a service answers as it should.
struct HTTPProbe: Probe {
  struct Input: Decodable, Sendable {
    var url: String
    var method: String?
    var headers: [String: String]?
    var body: String?
    var connectTo: String?
    var authorities: String?
    var followRedirects: Bool?
    var timeLimit: PlaybookDuration?
    var expect: HTTPExpectation?
  }

  static let requestFields: [InputField] = [
    .required("url", .secretText, "The address to ask."),
    .optional("method", .string, "The method.", default: "GET"),
    .optional("headers", .map(.secretText), "Headers to send."),
    .optional("body", .secretText, "The body to send."),
    .optional(
      "connectTo", .string, "The host:port to connect to instead, before DNS points there."),
    .optional("authorities", .string, "A file of certificates to trust instead of the system's."),
    .optional("followRedirects", .boolean, "Whether redirects are followed.", default: "false"),
    .optional("timeLimit", .duration, "How long the reply may take to come.", default: "10s"),
  ]

  static let fields =
    requestFields + [
      .optional("expect", .object(HTTPExpectation.fields), "What the reply must be like.")
    ]

  private static let timeLimitDefault: Duration = .seconds(10)

  let title: String
  let input: Input
  let site: Site
  /// What no reply at all means.
  let unreachable: Unreachable

  init(
    _ input: Input, title: String?, in site: Site, unreachable: Unreachable
  ) throws(Failure) {
    self.input = input
    self.title = title ?? "\(input.method ?? "GET") \(input.url)"
    self.site = site
    self.unreachable = unreachable
    try input.expect?.check(of: site.step)
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    let reply: HTTPReply
    do throws(Failure) {
      reply = try await site.outside.http.send(try await Self.call(input, site))
    } catch {
      switch error.kind {
      case .cancelled: throw error
      case .transient:
        return unreachable == .failed ? .failed(error.summary) : .inconclusive(error.summary)
      // Such as a certificate that nobody should trust: asking again will not help.
      case .permanent: return .failed(error.summary)
      case .refused: return .inconclusive(error.summary)
      }
    }
    let expect = input.expect ?? HTTPExpectation()
    let complaints = expect.complaints(reply, at: pace.clock.now(), without: site.secrets)
    guard complaints.isEmpty else { return .failed(complaints.joined(separator: ", ")) }
    return .passed("\(reply.status) in \(reply.elapsed.wholeMilliseconds) ms")
  }

  /// The request with its secrets in it, for sending at once.
  static func call(_ input: Input, _ site: Site) async throws(Failure) -> HTTPCall {
    var headers: [(name: String, value: String)] = []
    for (name, value) in (input.headers ?? [:]).sorted(by: { $0.key < $1.key }) {
      headers.append((name, try await site.secrets.reveal(value)))
    }
    return HTTPCall(
      method: (input.method ?? "GET").uppercased(), url: try await site.secrets.reveal(input.url),
      headers: headers, body: Array(try await site.secrets.reveal(input.body ?? "").utf8),
      timeLimit: input.timeLimit?.duration ?? timeLimitDefault, connectTo: input.connectTo,
      authorities: input.authorities, followsRedirects: input.followRedirects ?? false)
  }
}
