import Glibc
import Resources
import Subprocesses

/// One look at a service: whether it works, and whether it is really it that answers.
struct HealthProbe: Sendable {
  enum Finding: Equatable {
    case healthy
    /// What is missing; it may still come.
    case waiting(String)
    /// Somebody else has the service's port.
    case occupied(String)
    /// The process has ended.
    case ended
  }

  let service: ServiceDefinition
  let leader: ProcessIdentity
  /// The mark that all processes of the service carry.
  let mark: String

  private static let outputBytesMax = 1 << 10

  func look() async throws(Failure) -> Finding {
    do throws(SubprocessFailure) {
      for port in service.ports {
        let finding = try Self.owner(of: port, leader, mark: mark)
        if finding != .healthy { return try leader.isAlive() ? finding : .ended }
      }
      let answer = try await ask()
      // The one that answered must still be there, or the answer means nothing.
      return try leader.isAlive() ? answer : .ended
    } catch {
      if error.kind == .notFound || error.kind == .denied {
        return .waiting("its health check cannot be run: \(error)")
      }
      throw .subprocess(error, "the health of \(service.name) cannot be told")
    }
  }

  private func ask() async throws(SubprocessFailure) -> Finding {
    switch service.health {
    case .listening: return .healthy
    case .http(let path, let wanted, let limit):
      guard let port = service.ports.first else { return .waiting("it has no port") }
      let request = LoopbackRequest(port: port, path: path, limit: .milliseconds(limit))
      switch request.send() {
      case .status(wanted): return .healthy
      case .status(let status): return .waiting("GET \(path) gives \(status), not \(wanted)")
      case .none(let reason): return .waiting("GET \(path): \(reason)")
      }
    case .command(let words, let limit):
      let outcome = try await Subprocess.run(
        Invocation(
          words[0], Array(words.dropFirst()), environment: service.environment,
          folder: service.folder, outputBytesMax: Self.outputBytesMax,
          timeLimit: .milliseconds(limit), grace: .milliseconds(500)))
      if outcome.succeeded { return .healthy }
      let ending =
        switch (outcome.interruption, outcome.ending) {
        case (.timeLimit, _): "took longer than \(limit) ms"
        case (.cancellation, _): "was interrupted"
        case (nil, .exited(let status)): "ended with status \(status)"
        case (nil, .signalled(let signal)): "was ended by signal \(signal)"
        }
      return .waiting("its health command '\(LogTail.escaped(words[0]))' \(ending)")
    }
  }

  /// Healthy when all sockets that listen on the port are the service's own, and there is one.
  private static func owner(
    of port: UInt16, _ leader: ProcessIdentity, mark: String
  ) throws(SubprocessFailure) -> Finding {
    let inodes: Set<UInt64>
    do throws(Failure) { inodes = try ListeningSockets.inodes(on: port) } catch {
      return .waiting("whose port \(port) is cannot be told: \(error.summary)")
    }
    guard !inodes.isEmpty else { return .waiting("it does not listen on port \(port)") }
    guard var own = ListeningSockets.held(by: leader.pid, of: inodes) else {
      return .waiting("whose port \(port) is cannot be told: the process does not let us look")
    }
    if own == inodes { return .healthy }
    for process in try Leftovers.find(Census.serviceMark, mark).processes {
      own.formUnion(ListeningSockets.held(by: process.pid, of: inodes) ?? [])
    }
    if own == inodes { return .healthy }
    // Sockets come and go while we look; what is no longer there says nothing.
    let strange = inodes.subtracting(own)
    let again = (try? ListeningSockets.inodes(on: port)) ?? []
    guard !strange.isDisjoint(with: again) else {
      return .waiting("who listens on port \(port) is changing")
    }
    return .occupied(ListeningSockets.holder(of: strange))
  }
}
