import Glibc
import Harness
import Testing

@testable import Subprocesses

@Suite(.waiting) struct ProcessIdentityTests {
  @Test("this process is alive and is itself")
  func current() throws {
    let current = try ProcessIdentity.current()
    #expect(current.pid == getpid())
    #expect(try current.isAlive())
    #expect(try ProcessIdentity.of(getpid()) == current)
  }

  @Test("the same number with another start time or boot is somebody else, and gets no signal")
  func impostor() throws {
    let current = try ProcessIdentity.current()
    let earlier = ProcessIdentity(
      pid: current.pid, startTicks: current.startTicks - 1, bootID: current.bootID)
    let otherBoot = ProcessIdentity(
      pid: current.pid, startTicks: current.startTicks, bootID: "another")
    for impostor in [earlier, otherBoot] {
      #expect(try !impostor.isAlive())
      // The signal would end the tests.
      #expect(try !impostor.signal(SIGKILL))
      #expect(try !impostor.signalGroup(SIGKILL))
    }
  }

  @Test("a number that nobody has is surely nobody")
  func nobody() throws {
    #expect(try ProcessIdentity.of(Int32.max) == nil)
    let gone = ProcessIdentity(pid: Int32.max, startTicks: 1, bootID: "x")
    #expect(try !gone.signal(SIGTERM))
  }

  @Test("a process whose name looks like the file's own fields is read right")
  func hostileName() {
    let text = "42 (a) R 1 (b c) S 7 8 9 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 123456 1000 5"
    let stat = ProcessStat(42, Array(text.utf8))
    #expect(stat?.state == "S" && stat?.parent == 7 && stat?.group == 8 && stat?.session == 9)
    #expect(stat?.startTicks == 123_456)
    #expect(ProcessStat(42, Array("42 (a".utf8)) == nil)
    #expect(ProcessStat(42, Array("42 (a) S 1".utf8)) == nil)
  }
}
