import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Program

/// One courier, its receiver and its clock in memory.
@Suite("Couriers of notifications", .waiting)
struct CourierTests {
  private static let secret = "whsec_c2VzYW1lLXNlc2FtZS1zZXNhbWUh"
  private static let begin: Int64 = 1_790_000_000_000

  /// A rollout of two facts that are told, a receiver, and what the courier said.
  private final class Post: Sendable {
    let http = FakeHTTP()
    let clock = ManualClock(at: CourierTests.begin, movesByItself: true)
    let journal = MemoryJournal()
    let folder: TemporaryFolder
    let work: String
    let moments = Mutex<[Duration]>([])
    let said = Mutex<[String]>([])

    init() async throws {
      folder = try TemporaryFolder()
      work = folder.file("work")
      let lease = try await journal.acquire(
        "shop", as: LeaseHolder(person: "kim", host: "h", pid: 1, incarnation: ""), takingOver: nil,
        at: clock.now())
      let kim = Person(name: "kim", reason: "")
      try await journal.begin(record, fact: .started(by: kim), lease: lease)
      _ = try await journal.append(
        .paused(by: Person(name: "kim", reason: "lunch")), to: record.id, at: clock.now(),
        live: nil, answering: nil, lease: lease)
    }

    var record: RolloutRecord {
      RolloutRecord(
        id: "20261121-0300-k3f9", environment: "shop", from: .blue, to: .green,
        playbook: """
          { playbook: 1, environment: "shop", colors: { blue: {}, green: {} },
            steps: [{ id: "one", uses: "command.run", with: { apply: { argv: ["true"] } } }] }
          """,
        playbookName: "p.json5", parameters: "{}", preview: "{}", started: clock.now())
    }

    private var wiring: Wiring {
      Wiring(
        actions: ActionCatalog(ActionList.all), resources: ResourceCatalog([]), clock: clock,
        environment: [:],
        secrets: Secrets { (_, name) throws(Failure) in
          name == "HOOK" ? CourierTests.secret : nil
        },
        resolver: FakeResolver(), http: http, seed: 1
      ) { (_, _) throws(JournalError) in MemoryJournal() }
    }

    /// Answers each call in turn, the last one for ever, and notes when it came.
    func answer(_ replies: (status: Int, headers: [(name: String, value: String)])...) {
      let count = Mutex(0)
      http.answer { [self] (_) throws(Failure) in
        let index = count.withLock { count in
          defer { count += 1 }
          return min(count, replies.count - 1)
        }
        let passed = clock.now().milliseconds - CourierTests.begin
        moments.withLock { $0.append(.milliseconds(passed)) }
        return FakeHTTP.reply(replies[index].status, headers: replies[index].headers)
      }
    }

    /// Runs a courier until all is told or given up.
    func deliver() async {
      let (stream, wake) = AsyncStream<Void>.makeStream()
      wake.finish()
      await Courier(
        channel: NotifyChannel(
          .webhook(url: "https://hooks.example/in", secret: "${secret:env:HOOK}"),
          on: NotifyEvent.standard),
        number: 1, record: record, journal: journal, wiring: wiring, workFolder: work,
        next: NextCommand(journal: JournalOption()),
        say: { [self] line in said.withLock { $0.append(line.text) } }
      ).run(stream)
    }

    var ids: [String] {
      http.calls.compactMap { call in call.headers.first { $0.name == "webhook-id" }?.value }
    }
    var words: [String] { said.withLock { $0 } }
    var seconds: [Int64] { moments.withLock { $0 }.map { $0.wholeMilliseconds / 1000 } }
    var mark: String { "\(work)/.notified-1" }
  }

  @Test("a receiver that fails is asked again after 1, 2, 4 … seconds, at most 30 apart")
  func backsOff() async throws {
    let post = try await Post()
    post.answer(
      (503, []), (500, []), (503, []), (502, []), (503, []), (503, []), (503, []), (200, []))
    await post.deliver()
    #expect(post.seconds == [0, 1, 3, 7, 15, 31, 61, 91, 91])
    #expect(
      post.ids == Array(repeating: "20261121-0300-k3f9-1", count: 8) + ["20261121-0300-k3f9-2"])
    #expect(post.words == [])
    #expect(try String(contentsOfFile: post.mark, encoding: .utf8) == "2\n")
  }

  @Test("what the receiver asks for in Retry-After is waited, up to a minute")
  func retryAfter() async throws {
    let post = try await Post()
    post.answer(
      (429, [("Retry-After", "7")]), (503, [("Retry-After", "86400")]),
      (503, [("Retry-After", "Mon, 21 Sep 2026 14:14:47 GMT")]), (503, [("Retry-After", "soon")]),
      (204, []))
    await post.deliver()
    // The date is twenty seconds after the third attempt; a word that means nothing is no wish.
    #expect(post.seconds == [0, 7, 67, 87, 95, 95])
    #expect(post.words == [])
  }

  @Test("after eight attempts it is said in one line, what is behind it waits, and no mark moves")
  func givesUp() async throws {
    let post = try await Post()
    post.answer((503, []))
    await post.deliver()
    #expect(post.http.calls.count == 8)
    #expect(Set(post.ids).count == 1)
    #expect(
      post.words.count == 2 && post.words[0].contains("status 503; tried again with the next one")
        && post.words[1].contains("2 notifications not delivered"), "\(post.words)")
    #expect(!FileManager.default.fileExists(atPath: post.mark))
    #expect(!post.words.joined().contains("sesame"))
    post.answer((200, []))
    await post.deliver()
    #expect(post.ids.suffix(2) == ["20261121-0300-k3f9-1", "20261121-0300-k3f9-2"])
  }

  @Test("a redirect is not followed, and counts as not taken")
  func redirected() async throws {
    let post = try await Post()
    post.answer((307, [("Location", "https://elsewhere.example/in")]))
    await post.deliver()
    #expect(post.http.calls.allSatisfy { !$0.followsRedirects && $0.url.contains("hooks.example") })
    #expect(post.words.first?.contains("status 307") == true, "\(post.words)")
    #expect(post.http.calls.count == 1)
  }

  @Test("a mark that cannot be written is said once, and everything is told all the same")
  func unwritable() async throws {
    let post = try await Post()
    // A file where the folder would be: root may write into any folder.
    try "in the way".write(toFile: post.work, atomically: true, encoding: .utf8)
    post.answer((200, []))
    await post.deliver()
    #expect(post.ids == ["20261121-0300-k3f9-1", "20261121-0300-k3f9-2"])
    #expect(post.words.count == 1, "\(post.words)")
    #expect(post.words.first?.contains("the next driver may tell the same again") == true)
    await post.deliver()
    #expect(post.ids.count == 4)
  }

  @Test(
    "a mark that cannot be read is said, and everything is told from the beginning",
    arguments: ["", "many\n", "-3\n"])
  func damaged(text: String) async throws {
    let post = try await Post()
    try FileManager.default.createDirectory(
      atPath: post.work, withIntermediateDirectories: true)
    try text.write(toFile: post.mark, atomically: true, encoding: .utf8)
    post.answer((200, []))
    await post.deliver()
    #expect(post.ids == ["20261121-0300-k3f9-1", "20261121-0300-k3f9-2"])
    #expect(
      post.words.count == 1 && post.words[0].contains("holds no number; everything is told again"),
      "\(post.words)")
    await post.deliver()
    #expect(post.ids.count == 2)
  }

  @Test("each call is signed for its own moment, as Standard Webhooks say")
  func signed() async throws {
    let post = try await Post()
    post.answer((503, []), (200, []))
    await post.deliver()
    let program = """
      import base64, hashlib, hmac, json, sys
      key = base64.b64decode("c2VzYW1lLXNlc2FtZS1zZXNhbWUh")
      for call in json.load(sys.stdin):
        body = base64.b64decode(call["body"])
        signed = f"{call['webhook-id']}.{call['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        right = call["webhook-signature"].split(" ") == ["v1," + wanted]
        print(right, call["webhook-timestamp"], json.loads(body)["type"], call["Content-Type"])
      """
    let calls = post.http.calls.map { call -> JSONValue in
      .object(
        call.headers.map { .init($0.name, .string($0.value)) }
          + [.init("body", .string(Data(call.body).base64EncodedString()))])
    }
    let output = try Tool.run(
      ["python3", "-c", program], input: JSONValue.array(calls).compact())
    #expect(
      output.text == """
        True 1790000000 rollout.started application/json
        True 1790000001 rollout.started application/json
        True 1790000001 rollout.paused application/json

        """, "\(output.errorText)")
    #expect(post.http.calls.allSatisfy { $0.timeLimit == .seconds(10) })
  }
}
