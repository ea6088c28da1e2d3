import Glibc

/// Finds processes by a mark in their environment.
///
/// Whoever starts a process gives it a variable that names what it is for, such as
/// `CUTOVER_STEP=rollout/step`. Children inherit it, and it outlives whoever started them: after a
/// crash, the next run finds what the former one left running, to stop or to adopt it. A process
/// that overwrites its own environment (to change its title) loses its mark.
package struct Leftovers: Sendable, Equatable {
  /// Those that carry the mark and live, oldest first.
  package let processes: [ProcessIdentity]
  /// Processes of our own user whose environment could not be read: they might carry it.
  package let unreadable: [Int32]

  /// Scans all processes for one variable with exactly this value; the caller is left out.
  ///
  /// Another user's processes are passed over: we cannot have started them.
  package static func find(
    _ variable: String, _ value: String
  ) throws(SubprocessFailure) -> Leftovers {
    let mark = Array("\(variable)=\(value)".utf8)
    var found: [ProcessIdentity] = []
    var unreadable: [Int32] = []
    for pid in try ProcFile.pids() where pid != getpid() {
      // The start time before and after says that it was one and the same process throughout.
      guard isOurs(pid), let before = try ProcessIdentity.of(pid) else { continue }
      do throws(SubprocessFailure) {
        let environment = try ProcFile.read("/proc/\(pid)/environ")
        guard environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) }) else {
          continue
        }
        if try before.isAlive() { found.append(before) }
      } catch {
        switch error.kind {
        case .notFound, .gone: continue
        case .denied: unreadable.append(pid)
        case .exhausted, .unknown: throw error
        }
      }
    }
    return Leftovers(
      processes: found.sorted { ($0.startTicks, $0.pid) < ($1.startTicks, $1.pid) },
      unreadable: unreadable)
  }

  private static func isOurs(_ pid: Int32) -> Bool {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 && (status.st_uid == geteuid() || geteuid() == 0)
  }
}
