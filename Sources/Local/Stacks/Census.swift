import Glibc
import Resources
import Subprocesses

/// The processes of a stack at one moment.
///
/// They are found by what was written down and by the marks in their environments, so that one
/// that was started by a run which was killed at once is found too. A process counts only with
/// its start time; its number alone means nothing.
struct Census {
  /// What runs of a service as it is meant to be.
  struct Service {
    /// The process that was started; its end is the end of the service.
    var leader: ProcessIdentity
    /// Whether the process is written down.
    var isRecorded: Bool
  }

  /// One that is to go.
  struct Stale {
    var process: ProcessIdentity
    /// As far as it is written down.
    var service: String?
    var stopWithin: Duration
  }

  static let stackMark = "CUTOVER_STACK"
  static let serviceMark = "CUTOVER_SERVICE"

  private(set) var current: [String: Service] = [:]
  /// From former definitions, or left by a service that has ended, in the order to stop them: first
  /// those that lead, the youngest before the others, since they may start children anew.
  private(set) var stale: [Stale] = []

  /// The variables that a service's processes carry.
  static func marks(_ id: String, _ service: String, _ digest: String) -> [String: String] {
    [stackMark: id, serviceMark: "\(id)/\(service)/\(digest)"]
  }

  /// Looks at everything of the stack; `digests` says what is wanted, by service.
  static func take(
    _ record: StackRecord, wanted digests: [String: String]
  ) throws(Failure) -> Census {
    do throws(SubprocessFailure) {
      return try Census(record, digests, runs: try runs(record))
    } catch {
      throw .subprocess(error, "the processes of '\(record.folder)' cannot be told")
    }
  }

  /// Those that are written down and live, of services that the record no longer names too.
  private static func runs(_ record: StackRecord) throws(SubprocessFailure) -> [ServiceRun] {
    var runs: [ServiceRun] = []
    for path in ServiceRun.paths(in: record.folder) {
      // One that cannot be read is no reason to stop: the marks are looked at too.
      guard let run = ServiceRun.read(path), try run.identity.isAlive() else { continue }
      runs.append(run)
    }
    return runs
  }

  private init(
    _ record: StackRecord, _ digests: [String: String], runs: [ServiceRun]
  ) throws(SubprocessFailure) {
    let all = try Leftovers.find(Self.stackMark, record.id).processes
    var kept: Set<ProcessIdentity> = []
    for (name, digest) in digests {
      let marked = try Leftovers.find(Self.serviceMark, "\(record.id)/\(name)/\(digest)").processes
      let recorded = runs.first { $0.service == name && $0.digest == digest }?.identity
      guard let leader = recorded ?? marked.first(where: { getsid($0.pid) == $0.pid }) else {
        continue
      }
      current[name] = Service(leader: leader, isRecorded: recorded != nil)
      kept.insert(leader)
      // Others of its kind that lead a session were started by mistake; its children stay.
      kept.formUnion(marked.filter { getsid($0.pid) != $0.pid })
    }
    let longest = record.services.map(\.stopWithinMilliseconds).max() ?? 0
    let doomed = Set(all).union(runs.map(\.identity)).subtracting(kept)
    stale = Self.stoppingOrder(doomed).map { process in
      let run = runs.first { $0.identity == process }
      return Stale(
        process: process, service: run?.service,
        stopWithin: .milliseconds(run?.stopWithinMilliseconds ?? longest))
    }
  }

  private static func stoppingOrder(_ doomed: Set<ProcessIdentity>) -> [ProcessIdentity] {
    let byAge = doomed.sorted { ($0.startTicks, $0.pid) > ($1.startTicks, $1.pid) }
    return byAge.filter { getsid($0.pid) == $0.pid } + byAge.filter { getsid($0.pid) != $0.pid }
  }
}

extension Failure {
  /// What a failed look at processes, or a failed start, means for a person.
  static func subprocess(_ error: SubprocessFailure, _ what: String) -> Failure {
    let summary = "\(what): \(error)"
    switch error.kind {
    case .notFound:
      return .permanent(summary, hint: "Check the command and its folder in the template.")
    case .denied: return .refused(summary, hint: "Give this user the right to do it.")
    case .exhausted, .gone: return .transient(summary, hint: "Tried again by itself.")
    case .unknown: return .permanent(summary, hint: "Look at the machine, then 'cutover retry'.")
    }
  }
}
