import Glibc
import Resources
import Subprocesses

/// Starting, watching and stopping the processes of an instance, under its lock.
extension ProcessStack {
  /// A healthy service that has just been started is asked again after this, since some end soon.
  private static let settlingTime = Duration.milliseconds(200)
  /// After this much waiting the reason is told again.
  private static let noteInterval = Duration.seconds(10)
  /// Processes that are stopped may have started others meanwhile.
  private static let stopRoundsMax = 10

  func bringUp(
    _ template: StackTemplate, _ former: StackRecord, in folder: InstanceFolder, _ note: Note
  ) async throws(Failure) -> [String: String] {
    let wanted = try want(template, id: former.id, in: folder)
    try folder.adopt(wanted.record, former: former)
    var census = try Census.take(former, wanted: wanted.digests)
    if !census.stale.isEmpty {
      try await stop(note) { () throws(Failure) in
        try Census.take(former, wanted: wanted.digests).stale
      }
      census = try Census.take(wanted.record, wanted: wanted.digests)
    }
    for service in wanted.record.services {
      try await raise(service, wanted, census.current[service.name], note)
    }
    // A service may have ended while the later ones came up.
    census = try Census.take(wanted.record, wanted: wanted.digests)
    for service in wanted.record.services where census.current[service.name] == nil {
      throw failed(service, "has ended", wanted.record)
    }
    try folder.removeCopies(except: wanted.record)
    return wanted.record.outputs
  }

  /// Returns when the service is healthy; one that runs already is left alone if it is.
  private func raise(
    _ service: ServiceDefinition, _ wanted: Wanted, _ running: Census.Service?, _ note: Note
  ) async throws(Failure) {
    if let running {
      if !running.isRecorded {
        try write(running.leader, service, wanted)
        try await note("found \(service.name) running as \(running.leader)")
      }
      if try await wait(for: service, running.leader, wanted, isNew: false, note) == nil { return }
      try await note("\(service.name) runs but is not healthy; it is started anew")
      try await stop(service, wanted, note)
    }
    try refuseTakenPorts(service)
    let leader = try await start(service, wanted)
    try await note("started \(service.name) as \(leader)")
    guard let reason = try await wait(for: service, leader, wanted, isNew: true, note) else {
      return
    }
    try await stop(service, wanted, note)
    throw failed(service, reason, wanted.record)
  }

  private func refuseTakenPorts(_ service: ServiceDefinition) throws(Failure) {
    for port in service.ports {
      let inodes = try ListeningSockets.inodes(on: port)
      if !inodes.isEmpty { throw taken(port, by: ListeningSockets.holder(of: inodes), service) }
    }
  }

  private func taken(_ port: UInt16, by holder: String, _ service: ServiceDefinition) -> Failure {
    .permanent(
      "\(url): port \(port) of service \(service.name) is in use by \(holder)",
      hint: "Stop that process or choose another port, then 'cutover retry'.")
  }

  private func start(
    _ service: ServiceDefinition, _ wanted: Wanted
  ) async throws(Failure) -> ProcessIdentity {
    let record = wanted.record
    let digest = wanted.digests[service.name] ?? ""
    let environment = service.environment
      .merging(wanted.secretEnvironments[service.name] ?? [:]) { $1 }
      .merging(Census.marks(record.id, service.name, digest)) { $1 }
    let log = InstanceFolder.log(in: record.folder, service.name)
    // The former log is kept, so that one of a service that ended can still be read.
    guard rename(log, log + ".1") == 0 || errno == ENOENT else {
      throw .system(errno, "the log '\(log)' cannot be put aside")
    }
    let leader: ProcessIdentity
    do throws(SubprocessFailure) {
      leader = try await Daemon.start(
        Invocation(
          service.command[0], Array(service.command.dropFirst()), environment: environment,
          folder: service.folder, timeLimit: nil),
        output: log, errors: log)
    } catch {
      throw .subprocess(error, "service \(service.name) of \(url) cannot be started")
    }
    try write(leader, service, wanted)
    return leader
  }

  private func write(
    _ leader: ProcessIdentity, _ service: ServiceDefinition, _ wanted: Wanted
  ) throws(Failure) {
    let run = ServiceRun(service, digest: wanted.digests[service.name] ?? "", leader)
    try DurableFile.write(
      ServiceRun.path(in: wanted.record.folder, service.name), try StackRecord.bytes(of: run))
  }

  /// Waits for health; answers why there is none by the deadline.
  private func wait(
    for service: ServiceDefinition, _ leader: ProcessIdentity, _ wanted: Wanted, isNew: Bool,
    _ note: Note
  ) async throws(Failure) -> String? {
    let probe = probe(service, leader, wanted.record, wanted.digests)
    let deadline = context.clock.now() + service.startWithin
    var nextNote = context.clock.now() + Self.noteInterval
    var needsAnother = isNew
    while true {
      var reason: String
      switch try await probe.look() {
      case .healthy:
        guard needsAnother else { return nil }
        needsAnother = false
        try await pause(Self.settlingTime)
        continue
      case .ended: return ending(of: leader)
      case .occupied(let holder):
        try await stop(service, wanted, note)
        throw taken(service.ports.first ?? 0, by: holder, service)
      case .waiting(let text): reason = text
      }
      needsAnother = isNew
      let now = context.clock.now()
      if now >= deadline {
        return "is not healthy after \(service.startWithinMilliseconds) ms: \(reason)"
      }
      if now >= nextNote {
        try await note("waiting for \(service.name): \(reason)")
        nextNote = now + Self.noteInterval
      }
      try await pause(Self.pollInterval)
    }
  }

  /// How a process ended, as far as it can be told: only its parent learns the status.
  private func ending(of leader: ProcessIdentity) -> String {
    var status: Int32 = 0
    guard waitpid(leader.pid, &status, WNOHANG) == leader.pid else { return "has ended" }
    let signal = status & 0x7f
    return signal == 0
      ? "ended with status \(status >> 8 & 0xff)" : "was ended by signal \(signal)"
  }

  private func failed(
    _ service: ServiceDefinition, _ reason: String, _ record: StackRecord
  ) -> Failure {
    let log = InstanceFolder.log(in: record.folder, service.name)
    let tail = LogTail.read(log, redact: context.secrets.redact)
    return .permanent(
      "service \(service.name) of \(url) \(reason); the end of its log:\n\(tail)",
      hint: "The whole log is \(log). Mend the cause, then 'cutover retry'.")
  }

  // MARK: Stopping

  /// Stops whatever runs of one service as it is wanted now.
  private func stop(
    _ service: ServiceDefinition, _ wanted: Wanted, _ note: Note
  ) async throws(Failure) {
    var others = wanted.digests
    others[service.name] = nil
    try await stop(note) { () throws(Failure) in
      try Census.take(wanted.record, wanted: others).stale
    }
  }

  /// Stops processes until there are none of these left.
  private func stop(
    _ note: Note, _ stale: () throws(Failure) -> [Census.Stale]
  ) async throws(Failure) {
    for _ in 0..<Self.stopRoundsMax {
      let doomed = try stale()
      if doomed.isEmpty { return }
      for one in doomed {
        do throws(SubprocessFailure) {
          guard try one.process.isAlive() else { continue }
          try await Daemon.stop(one.process, grace: one.stopWithin)
        } catch {
          throw .subprocess(error, "\(one.process) of \(url) cannot be stopped")
        }
        try await note("stopped \(one.service.map { "\($0), " } ?? "")\(one.process)")
      }
    }
    throw .transient(
      "the processes of \(url) start others faster than they can be stopped",
      hint: "Look what starts them; tried again by itself.")
  }

  /// Stops everything of an instance, then removes it.
  func takeDown(
    _ former: StackRecord, in folder: InstanceFolder, _ note: Note
  ) async throws(Failure) {
    var record = former
    record.phase = .leaving
    try record.write(in: folder.path)
    try await stop(note) { () throws(Failure) in try Census.take(record, wanted: [:]).stale }
    try folder.remove(record)
    try await note("removed \(folder.path)")
  }
}
