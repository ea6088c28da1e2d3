import Foundation
import Harness
import Testing

/// The program that is shipped, killed while CloudFormation works for it.
@Suite("A kill in the midst of a stack's change", .waiting)
struct CloudInterruptionTests {
  /// Before the server hears of it, and when it has done it but nobody was told.
  private static let moments = ["before", "after"]

  @Test("a stack that was being made is found and used", arguments: moments)
  func deploying(moment: String) async throws {
    try await Self.interrupt("ExecuteChangeSet", moment)
  }

  @Test("a stack that was being destroyed is seen to be gone", arguments: moments)
  func destroying(moment: String) async throws {
    try await Self.interrupt("DeleteStack", moment)
  }

  private static func interrupt(_ operation: String, _ moment: String) async throws {
    try await CloudFixture.run { fixture in
      let settings = """
        upstream, operation, moment = '\(fixture.moto.url)', '\(operation)', '\(moment)'

        """
      try await ScriptedServer.run(settings + holder) { holder in
        var held = fixture
        held.stacksURL = holder.base
        try await beside { [held] in try go(held, holder) }
      }
    }
  }

  private static func go(_ fixture: CloudFixture, _ holder: ScriptedServer) throws {
    let course = fixture.course(.forward)
    let reference = try CloudFixture(moto: fixture.moto, helper: fixture.helper).course(.forward)
      .reference()
    let world = try course.begin()
    let ending = try world.run(
      .cutover, world.forward,
      when: {
        // Answered when the call is there.
        let held = try Tool.run(["curl", "--silent", "--max-time", "60", "\(holder.base)/_held"])
        guard held.text == "held" else { throw CrashComplaint("nothing was held: \(held.text)") }
      })
    guard ending == .killed else {
      throw CrashComplaint("ended with \(ending) instead of the kill\n\(world.log)")
    }
    let carriedOn = try world.run(.cutover, ["resume", "--no-wait"])
    guard carriedOn == .exited(0) else {
      throw CrashComplaint("carrying on ended with \(carriedOn)\n\(world.log)")
    }
    try course.judge(world, against: reference)
  }

  /// Hands all calls on, and keeps one of them, once, from its end.
  private static let holder = #"""
    import urllib.request, urllib.error

    def handle(self, path, query):
        body = self.body()
        if path == "/_held":
            with changed:
                changed.wait_for(lambda: shared.get("held"), timeout=60)
            return self.answer(200, body="held" if shared.get("held") else "nothing")
        with changed:
            keeps = b"Action=" + operation.encode() in body and not shared.get("kept")
            if keeps:
                shared["kept"] = True
        if keeps and moment == "before":
            return keep(self)
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ("connection",)}
        request = urllib.request.Request(upstream + self.path, body, headers, method=self.command)
        try:
            reply = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            reply = error
        answer, kind = reply.read(), reply.headers.get("Content-Type", "text/xml")
        if keeps:
            return keep(self)
        self.answer(reply.status, [("Content-Type", kind)], answer)

    def keep(self):
        with changed:
            shared["held"] = True
            changed.notify_all()
        # Nobody reads on when the program is gone.
        self.rfile.read(1)
        self.hang_up()

    """#
}
