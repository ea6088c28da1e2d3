package import Resources
import Synchronization

/// Name servers in memory: each answers from a zone, from a closure, or not at all.
package final class FakeResolver: DNSResolver {
  package typealias Answer =
    @Sendable (_ name: String, _ type: String) throws(Failure) -> DNSAnswer

  private let answers = Mutex<[NameServer: Answer]>([:])
  private let questions = Mutex<[String]>([])

  package init() {}

  /// Questions so far, as `host:port name type`.
  package var asked: [String] { questions.withLock { $0 } }

  package func answer(_ server: NameServer, _ answer: @escaping Answer) {
    answers.withLock { $0[server] = answer }
  }

  /// Lets a server answer what the zone holds at that moment.
  package func serve(_ zone: FakeZone, on server: NameServer) {
    answer(server) { (name, type) throws(Failure) in
      let sets = zone.now.sets.filter { $0.name == name }
      if let set = sets.first(where: { $0.type == type }) { return .records(set) }
      return sets.isEmpty ? .noSuchName : .noData
    }
  }

  package func ask(
    _ server: NameServer, name: String, type: String
  ) async throws(Failure) -> DNSAnswer {
    questions.withLock { $0.append("\(server) \(name) \(type)") }
    guard let answer = answers.withLock({ $0[server] }) else {
      throw .transient("\(server) does not answer", hint: "Is it running?")
    }
    return try answer(name, type)
  }
}
