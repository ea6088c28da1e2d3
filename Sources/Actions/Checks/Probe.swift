import Resources
import Rollouts

/// One look at one thing; changes nothing.
protocol Probe: Sendable {
  /// What is looked at, for the person who reads the verdict.
  var title: String { get }
  /// A look that cannot tell is inconclusive, never passed. Throws only when asked to stop.
  func look(_ pace: Pace) async throws(Failure) -> Verdict
}

/// What it means that a service does not answer at all.
enum Unreachable: String, Codable, Sendable, CaseIterable {
  case failed
  case inconclusive
}

/// Whether a stack is up and well.
struct StackProbe: Probe {
  let title: String
  let stack: ResourceURL
  let site: Site

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      guard let found = try await site.stack(stack).description() else {
        return .failed("it is not there")
      }
      switch found.state {
      case .healthy: return .passed("healthy")
      case .changing: return .inconclusive("it is changing")
      case .unhealthy: return .failed("it is not healthy")
      case .stopped: return .failed("it does not run")
      }
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }
}

/// Whether every copy made so far balances.
struct LedgersProbe: Probe {
  let title: String
  let site: Site

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    let ledgers = await site.record().steps.flatMap(\.ledgers)
    if ledgers.isEmpty { return .inconclusive("no step has left a ledger yet") }
    let wrong = ledgers.compactMap(\.imbalance)
    guard wrong.isEmpty else { return .failed(wrong.joined(separator: ", ")) }
    return .passed("\(ledgers.count) balance")
  }
}

/// Whether name servers give an answer.
struct DNSProbe: Probe {
  struct Input: Decodable, Sendable {
    var name: String
    var type: String?
    var values: [String]
    var servers: [String]?
    var zone: ResourceURL?
  }

  static let fields: [InputField] = [
    .required("name", .string, "The full name to ask for."),
    .optional("type", .string, "The record type.", default: "CNAME"),
    .required("values", .list(.string), "The only right answer; empty for none at all."),
    .optional("servers", .list(.string), "Name servers to ask, such as 127.0.0.1:53."),
    .optional(
      "zone", .resource(.zone), "The zone to read, and whose servers to ask as well.",
      uses: [.look, .read]),
  ]

  let title: String
  private let question: DNSQuestion
  private let name: String
  private let servers: [NameServer]
  private let zone: (any DNSZone)?
  private let site: Site

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    let type = (input.type ?? "CNAME").uppercased()
    name = DNSText.name(input.name)
    question = DNSQuestion(
      type: type, values: DNSText.values(input.values, type: type), former: [])
    servers = try DNSText.servers(input.servers ?? [], of: site.step)
    if let url = input.zone { zone = try site.zone(url) } else { zone = nil }
    self.title = title ?? "\(name) \(type)"
    self.site = site
    guard zone != nil || !servers.isEmpty else {
      throw .permanent(
        "step \(site.step) asks nobody for \(input.name)", hint: "Give it 'servers' or a 'zone'.")
    }
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      var verdicts: [Verdict] = []
      var all = servers
      if let zone {
        let sets = try await zone.recordSets(at: name).filter { $0.type == question.type }
        let found = DNSText.values(sets.flatMap(\.values), type: question.type)
        let text = "\(zone.url) holds \(found.isEmpty ? "nothing" : found.joined(separator: ", "))"
        verdicts.append(question.accepts(found, seconds: nil) ? .passed(text) : .failed(text))
        all += try await zone.servers()
      }
      let confirmation = DNSConfirmation(
        name: name, questions: [question], servers: all, resolvers: [],
        resolver: site.outside.resolver)
      for entry in try await confirmation.look() {
        let text = DNSConfirmation.text(entry)
        switch entry.finding {
        case .right: verdicts.append(.passed(text))
        case .other: verdicts.append(.failed(text))
        case .cannotTell: verdicts.append(.inconclusive(text))
        }
      }
      return .all(verdicts)
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }
}
