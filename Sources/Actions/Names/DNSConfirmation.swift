import Resources
import Rollouts

/// Asks servers until all of them answer as they should.
///
/// A wrong answer and no answer are told apart: neither confirms. A resolver may answer from its
/// cache until the TTL that it states has passed; that is waited for, however short the limit.
struct DNSConfirmation: Sendable {
  enum Finding: Sendable, Equatable {
    case right
    /// Another answer, and for how many seconds it may still come from a cache.
    case other(String, seconds: Int?)
    case cannotTell(String)
  }

  /// How soon a server that did not answer rightly is asked again.
  private static let pause: Duration = .seconds(2)
  /// A cache that claims to keep an answer longer than a day is not waited for.
  private static let cacheSecondsMax = 86_400

  let name: String
  let questions: [DNSQuestion]
  /// The zone's own servers, which answer from what they hold.
  let servers: [NameServer]
  /// Servers that answer from a cache.
  let resolvers: [NameServer]
  let resolver: any DNSResolver

  /// Asks every server once.
  func look() async throws(Failure) -> [(server: NameServer, finding: Finding)] {
    var findings: [(server: NameServer, finding: Finding)] = []
    for server in servers + resolvers.filter({ !servers.contains($0) }) {
      findings.append((server, try await ask(server)))
    }
    return findings
  }

  /// Returns when every server has answered rightly; throws naming those that have not.
  func wait(within limit: Duration, pace: Pace) async throws(Failure) {
    let deadline = pace.clock.now() + limit
    var expiries: [NameServer: Timestamp] = [:]
    var pending = servers + resolvers.filter { !servers.contains($0) }
    while true {
      var open: [(server: NameServer, finding: Finding)] = []
      for server in pending {
        try pace.checkStop()
        let finding = try await ask(server)
        if finding != .right { open.append((server, finding)) }
      }
      if open.isEmpty { return }
      pending = open.map(\.server)
      let now = pace.clock.now()
      var next = now + Self.pause
      for case (let server, .other(_, let seconds?)) in open where !servers.contains(server) {
        // Only the first answer counts: a cache that keeps renewing the old one is no cache.
        if expiries[server] == nil {
          expiries[server] = now + .seconds(min(seconds, Self.cacheSecondsMax)) + Self.pause
        }
      }
      let last = max(deadline, expiries.values.max() ?? deadline)
      guard now < last else { throw unconfirmed(open, limit) }
      if open.allSatisfy({ (expiries[$0.server] ?? now) > now }) {
        next = max(next, open.compactMap { expiries[$0.server] }.min() ?? next)
      }
      try await pace.wait(until: min(next, last), for: reason(open))
    }
  }

  private func ask(_ server: NameServer) async throws(Failure) -> Finding {
    for question in questions {
      do throws(Failure) {
        let answer = try await resolver.ask(server, name: name, type: question.type)
        let (values, seconds) = Self.values(answer, question.type)
        guard question.accepts(values, seconds: seconds) else {
          let text = values.isEmpty ? "nothing" : values.joined(separator: ", ")
          let age = question.secondsMax == nil ? "" : " with TTL \(seconds ?? 0)"
          return .other("\(question.type) \(text)\(age)", seconds: seconds)
        }
      } catch {
        if error.kind == .cancelled { throw error }
        return .cannotTell(error.summary)
      }
    }
    return .right
  }

  private static func values(_ answer: DNSAnswer, _ type: String) -> ([String], Int?) {
    switch answer {
    case .records(let set): (DNSText.values(set.values, type: type), set.ttlSeconds)
    case .noData: ([], nil)
    case .noSuchName: ([], nil)
    }
  }

  private func reason(_ open: [(server: NameServer, finding: Finding)]) -> String {
    "\(name): " + open.map(Self.text).joined(separator: "; ")
  }

  static func text(_ entry: (server: NameServer, finding: Finding)) -> String {
    switch entry.finding {
    case .right: "\(entry.server) answers rightly"
    case .other(let found, let seconds?):
      "\(entry.server) still answers \(found), for up to \(seconds) s"
    case .other(let found, nil): "\(entry.server) still answers \(found)"
    case .cannotTell(let why): "\(entry.server) cannot be asked: \(why)"
    }
  }

  private func unconfirmed(
    _ open: [(server: NameServer, finding: Finding)], _ limit: Duration
  ) -> Failure {
    .permanent(
      "\(name) is not confirmed after \(limit.wholeMilliseconds / 1000) s: "
        + open.map(Self.text).joined(separator: "; "),
      hint: "The zone holds the new records. See to these servers, then 'cutover retry'.")
  }
}
