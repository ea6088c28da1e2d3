internal import Foundation
package import Resources
package import Rollouts
internal import Subprocesses

/// Whether the process that holds a lease still runs.
package enum Liveness: Sendable, Hashable {
  case alive
  /// It certainly does not; the text says how that is known.
  case dead(String)
  /// This machine cannot tell; a person has to look where the text says.
  case unknown(String)
}

/// One process, told apart from every other that ever had its number.
///
/// Its text is the boot of the machine, the name space that its number belongs to, and the tick
/// since boot at which it started.
struct Incarnation: Equatable {
  let boot: String
  let space: String
  let start: String

  init(_ identity: ProcessIdentity) {
    boot = identity.bootID
    space = Self.space
    start = "\(identity.startTicks)"
  }

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    boot = String(parts[0])
    space = String(parts[1])
    start = String(parts[2])
  }

  var text: String { "\(boot)/\(space)/\(start)" }

  /// Numbers of processes mean something within one name space (one container) only.
  static var space: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "?"
  }
}

extension LeaseHolder {
  /// This very process as a holder.
  package static func thisProcess(person: String) throws(Failure) -> LeaseHolder {
    do throws(SubprocessFailure) {
      let identity = try ProcessIdentity.current()
      return LeaseHolder(
        person: person, host: ProcessInfo.processInfo.hostName, pid: Int(identity.pid),
        incarnation: Incarnation(identity).text)
    } catch {
      throw .permanent(
        "this process cannot be told from others: \(error)", hint: "Is /proc mounted?")
    }
  }

  package var liveness: Liveness { liveness(seenFrom: ProcessInfo.processInfo.hostName) }

  /// Whether the holder runs, as far as can be told from here.
  ///
  /// Never `dead` on a guess: taking over from a living driver is stopped by the fence, but it
  /// leaves a half-done verb behind.
  package func liveness(seenFrom host: String) -> Liveness {
    guard host.utf8.elementsEqual(self.host.utf8) else {
      return .unknown("it ran on \(self.host), and this is \(host); look there for process \(pid)")
    }
    guard let former = Incarnation(incarnation), let number = Int32(exactly: pid) else {
      return .unknown("it left no trace to tell process \(pid) by")
    }
    do throws(SubprocessFailure) {
      let mine = Incarnation(try ProcessIdentity.current())
      guard former.boot == mine.boot else { return .dead("\(host) was started again since") }
      guard former.space == mine.space else {
        return .unknown("it ran in another container on \(host); look there for process \(pid)")
      }
      guard let current = try ProcessIdentity.of(number) else {
        return .dead("process \(pid) has ended")
      }
      return Incarnation(current) == former
        ? .alive : .dead("process \(pid) is another program now")
    } catch {
      return .unknown("process \(pid) cannot be looked at: \(error)")
    }
  }
}
