import Glibc
import JournalStore
import Resources
import Rollouts

/// Appends facts to a new journal, as a driver does, and says how long each took.
///
/// `Bench PATH COUNT PLAYBOOK` begins a rollout of the environment `bench` in the file PATH, with a
/// first step `copy`, and appends COUNT facts that the machine accepts. `Scripts/bench` runs it.
@main
struct Bench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let count = Int(arguments[2]), count > 0 else {
      write("usage: Bench PATH COUNT PLAYBOOK-TEXT\n", to: 2)
      exit(64)
    }
    let journal = try await SQLiteJournal.open(arguments[1], for: .create)
    let holder = LeaseHolder(
      person: "bench", host: "bench", pid: Int(getpid()), incarnation: "bench")
    let start = Timestamp(milliseconds: 1_795_230_245_000)
    let lease = try await journal.acquire("bench", as: holder, takingOver: nil, at: start)
    let record = RolloutRecord(
      id: "20261121-0300-bnch", environment: "bench", from: .blue, to: .green,
      playbook: arguments[3], playbookName: "bench.json5", parameters: "{}",
      preview: #"{"steps":[]}"#, started: start)
    try await journal.begin(record, fact: .started(by: .playbook("bench")), lease: lease)
    var spans: [Duration] = []
    spans.reserveCapacity(count)
    let clock = ContinuousClock()
    for number in 0..<count {
      let moment = start + .milliseconds(number + 1)
      let begun = clock.now
      _ = try await journal.append(
        fact(number, at: moment), to: record.id, at: moment, live: nil, answering: nil,
        lease: lease)
      spans.append(clock.now - begun)
    }
    try await journal.release(lease)
    await journal.close()
    report(spans.sorted())
  }

  /// A plan, then for ever an attempt that fails, a note, and the end of its back-off.
  private static func fact(_ number: Int, at moment: Timestamp) -> Fact {
    guard number > 0 else {
      return .planned(step: "copy", plan: "{}", changes: ["copy sqlite:///a#t to sqlite:///b#t"])
    }
    let round = (number - 1) / 3
    switch (number - 1) % 3 {
    case 0:
      return .failed(
        step: "copy", phase: .apply, attempt: round + 1,
        failure: .transient(
          "sqlite:///srv/app/green.db#t: the file is locked by another program",
          hint: "Wait for it, then 'cutover retry'."), retryAt: moment + .milliseconds(2))
    case 1: return .noted(step: "copy", text: "waiting for the lock on green.db")
    default: return .retryDue(step: "copy")
    }
  }

  /// Microseconds at the 50th and the 99th percentile, and of all together.
  private static func report(_ spans: [Duration]) {
    func microseconds(_ span: Duration) -> Int { Int(span / .microseconds(1)) }
    let total = spans.reduce(.zero, +)
    write(
      "\(microseconds(spans[spans.count / 2])) \(microseconds(spans[spans.count * 99 / 100])) "
        + "\(microseconds(total))\n", to: 1)
  }

  private static func write(_ text: String, to file: Int32) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(file, bytes, bytes.count)
  }
}
