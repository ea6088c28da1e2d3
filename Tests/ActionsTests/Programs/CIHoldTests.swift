import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Holds of a CircleCI that answers as its API reference tells, with blocked holds and two pages.
@Suite("Holds of CircleCI", .waiting)
struct CIHoldTests {
  /// What the server knows; a look moves a blocked hold on.
  private final class Circle: Sendable {
    struct State {
      var hold = "on_hold"
      var workflow = "on_hold"
      var looksUntilOpen = 0
      var refusals = 0
      var posts: [String] = []
    }

    let state = Mutex(State())

    func answer(_ call: HTTPCall) -> HTTPReply {
      guard call.headers.contains(where: { $0.name == "Circle-Token" && $0.value == "t0ken-value" })
      else { return FakeHTTP.reply(401, "{\"message\": \"You must log in\"}") }
      return state.withLock { state in
        let path = String(call.url.dropFirst("https://ci.test/v2".count))
        if call.method == "POST" {
          state.posts.append(path)
          if state.hold == "blocked" || state.refusals > 0 {
            state.refusals -= 1
            return FakeHTTP.reply(400, "{\"message\": \"not on hold t0ken-value\"}")
          }
          if path.hasSuffix("/cancel") {
            state.workflow = "canceled"
          } else {
            state.hold = "success"
          }
          return FakeHTTP.reply(202, "{\"message\": \"Accepted.\"}")
        }
        if path == "/workflow/w-1" {
          return FakeHTTP.reply(200, "{\"id\": \"w-1\", \"status\": \"\(state.workflow)\"}")
        }
        guard path.hasSuffix("page-token=p%2F2") else {
          return FakeHTTP.reply(
            200,
            """
            {"items": [{"name": "build", "status": "success"}], "next_page_token": "p/2"}
            """)
        }
        if state.looksUntilOpen > 0 {
          state.looksUntilOpen -= 1
          if state.looksUntilOpen == 0 { state.hold = "on_hold" }
        }
        return FakeHTTP.reply(
          200,
          """
          {"items": [{"name": "wait-for-reindex", "type": "approval", "status": "\(state.hold)",
            "approval_request_id": "r-7"}], "next_page_token": null}
          """)
      }
    }
  }

  private func rig(
    _ circle: Circle, _ more: String = "do: 'approve', undo: 'leave'", token: String = "t0ken-value"
  ) throws -> ActionRig {
    let world = try FakeWorld()
    world.setSecret("env:CI", token)
    world.http.answer { (call) throws(Failure) in circle.answer(call) }
    return try ActionRig(
      ActionDescriptor(CIHold.self),
      """
      {provider: 'https://ci.test/v2', token: '${secret:env:CI}', workflow: 'w-1',
       job: 'wait-for-reindex', \(more)}
      """, in: world.site(step: "hold"))
  }

  @Test("a hold that is blocked is waited for, and a refused approval is tried again")
  func approves() async throws {
    let circle = Circle()
    circle.state.withLock {
      $0.hold = "blocked"
      $0.looksUntilOpen = 4
      $0.refusals = 2
    }
    let rig = try rig(circle)
    #expect(try await rig.apply().outputs == ["status": "success"])
    #expect(
      circle.state.withLock { $0.posts } == Array(repeating: "/workflow/w-1/approve/r-7", count: 3))
    #expect(try await rig.verify().isPassed)
    try await rig.apply()
    #expect(circle.state.withLock { $0.posts.count } == 3)
    #expect(!"\(rig.journal.notes) \(rig.journal.readings)".contains("t0ken"))
    #expect(!rig.journal.hasCrossed)
  }

  @Test("an approval is a point of no return unless the playbook says what undo does")
  func reversal() async throws {
    let final = try rig(Circle(), "do: 'approve'")
    #expect(try await !final.plan().isReversible)
    try await final.apply()
    #expect(final.journal.hasCrossed)
    let circle = Circle()
    let soft = try rig(circle, "do: 'approve', undo: 'cancel'")
    #expect(try await soft.plan().isReversible)
    try await soft.apply()
    for _ in 1...2 { try await soft.undo() }
    #expect(
      circle.state.withLock { $0.posts } == ["/workflow/w-1/approve/r-7", "/workflow/w-1/cancel"])
    // What somebody approved before is not ours to cancel.
    let before = Circle()
    before.state.withLock { $0.hold = "success" }
    let idle = try rig(before, "do: 'approve', undo: 'cancel'")
    #expect(try await idle.plan().changes.isEmpty)
    try await idle.apply()
    try await idle.undo()
    #expect(before.state.withLock { $0.posts.isEmpty })
  }

  @Test("a workflow is cancelled once; one that is over, or a hold that is, fails with its state")
  func ends() async throws {
    let circle = Circle()
    try await rig(circle, "do: 'cancel'").apply()
    #expect(circle.state.withLock { $0.posts } == ["/workflow/w-1/cancel"])
    let over = Circle()
    over.state.withLock {
      $0.workflow = "success"
      $0.hold = "canceled"
    }
    for deed in ["do: 'cancel'", "do: 'approve', undo: 'leave'"] {
      let failure = try await #require(throws: Failure.self) { try await rig(over, deed).apply() }
      #expect(failure.kind == .permanent && failure.summary.contains("cannot be"))
    }
    #expect(over.state.withLock { $0.posts.isEmpty })
    let denied = try rig(Circle(), token: "wrong-token")
    let failure = try await #require(throws: Failure.self) { try await denied.plan() }
    #expect(failure.kind == .refused)
  }
}
