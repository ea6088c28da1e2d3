import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Program

/// The end of a command whose receiver is silent.
@Suite("Waiting for receivers", .waiting)
struct NotifierTests {
  /// Takes the call and never answers.
  private struct SilentHTTP: HTTPExchange {
    let began: AsyncStream<Void>.Continuation

    func send(_ call: HTTPCall) async throws(Failure) -> HTTPReply {
      began.yield()
      let (stream, _) = AsyncStream<Void>.makeStream()
      for await _ in stream {}
      throw .cancelled
    }
  }

  @Test(
    "a silent receiver is waited for ten seconds, and what it was not told is said",
    .timeLimit(.minutes(15)))
  func silent() async throws {
    let folder = try TemporaryFolder()
    let (began, begin) = AsyncStream<Void>.makeStream()
    let clock = ManualClock()
    let journal = MemoryJournal()
    let wiring = Wiring(
      actions: ActionCatalog(ActionList.all), resources: ResourceCatalog([]), clock: clock,
      environment: [:], secrets: Secrets { (_, _) throws(Failure) in "a secret of some length" },
      resolver: FakeResolver(), http: SilentHTTP(began: begin), seed: 1
    ) { (_, _) throws(JournalError) in MemoryJournal() }
    let record = RolloutRecord(
      id: "20261121-0300-k3f9", environment: "shop", from: .blue, to: .green,
      playbook: """
        { playbook: 1, environment: "shop", colors: { blue: {}, green: {} },
          notify: [{ webhook: "https://hooks.example/in", secret: "${secret:env:HOOK}" }],
          steps: [{ id: "one", uses: "command.run", with: { apply: { argv: ["true"] } } }] }
        """,
      playbookName: "p.json5", parameters: "{}", preview: "{}", started: clock.now())
    let lease = try await journal.acquire(
      "shop", as: LeaseHolder(person: "kim", host: "h", pid: 1, incarnation: ""), takingOver: nil,
      at: clock.now())
    try await journal.begin(
      record, fact: .started(by: Person(name: "kim", reason: "")), lease: lease)
    let said = Mutex<[String]>([])
    let notifier = Notifier(
      try await LoadedRollout.load(record, from: journal, wiring: wiring), journal: journal,
      wiring: wiring, workFolder: folder.file("work"), next: NextCommand(journal: JournalOption())
    ) { line in said.withLock { $0.append(line.text) } }
    // Waking is all that the driver does, whatever the receiver does.
    for _ in 0..<1000 { notifier.wake() }
    for await _ in began { break }
    let isOver = Mutex(false)
    let end = Task {
      await notifier.finish()
      isOver.withLock { $0 = true }
    }
    while clock.sleeperCount == 0 { await Task.yield() }
    clock.advance(by: .milliseconds(9_999))
    for _ in 0..<1000 { await Task.yield() }
    #expect(isOver.withLock { !$0 })
    clock.advance(by: .milliseconds(1))
    // Whoever slept may have been another than the end, which then begins to count only now.
    while isOver.withLock({ !$0 }) {
      await Task.yield()
      clock.advance(by: .seconds(1))
    }
    await end.value
    let words = said.withLock { $0 }
    #expect(
      words.count == 1 && words[0].contains("1 notification not delivered: no answer in time"),
      "\(words)")
  }
}
