internal import JSON
internal import Resources
internal import Rollouts

/// What people and programs far away are told about one fact; decided by the journal alone.
///
/// The same fact gives the same announcement in every process, so that a receiver knows one that
/// comes twice by its id.
struct Announcement: Sendable, Equatable {
  let event: NotifyEvent
  let rollout: String
  /// The number of the fact.
  let sequence: Int
  let at: Timestamp
  let environment: String
  let from: Colour
  let to: Colour
  /// The colour that is live after the fact.
  let live: Colour
  let step: String?
  var text: String
  /// What a person may type next.
  var next: String?

  /// Messages of SNS end at 256 KiB, and nobody reads as much.
  private static let textMax = 4000
  /// Longer subjects are refused by SNS.
  private static let subjectMax = 100

  /// Nil for a fact that is nobody's concern.
  init?(
    _ record: FactRecord, of rollout: RolloutRecord, after machine: RolloutMachine,
    next: NextCommand
  ) {
    guard let event = NotifyEvent(record.fact, after: machine) else { return nil }
    self.event = event
    self.rollout = rollout.id
    sequence = record.sequence
    at = record.at
    environment = rollout.environment
    from = rollout.from
    to = rollout.to
    live = machine.live
    step = record.fact.step
    let said = FactLine.text(record.fact, machine).map(\.text).joined(separator: "\n")
    let text = event == .waiting ? "waits for a person" : said
    self.text = text.count > Self.textMax ? String(text.prefix(Self.textMax)) + "…" : text
    self.next =
      Outlook(machine, record: rollout, driving: .driven, next: next).commands.first
  }

  /// Unique among all rollouts, and the same however often it is sent.
  var id: String { "\(rollout)-\(sequence)" }

  func redacted(by secrets: Secrets) -> Announcement {
    var copy = self
    copy.text = secrets.redact(text)
    copy.next = next.map(secrets.redact)
    return copy
  }

  /// A line that fits the subject of a mail: printable ASCII, not too long.
  var subject: String {
    let place = step.map { " at \($0)" } ?? ""
    let line = "cutover \(environment): \(event.rawValue)\(place)"
    let plain = line.unicodeScalars.map { scalar -> Character in
      (0x20..<0x7F).contains(scalar.value) ? Character(scalar) : "?"
    }
    return String(plain.prefix(Self.subjectMax))
  }

  /// `type`, `timestamp` and `data`, as Standard Webhooks advises.
  var json: JSONValue {
    [
      "type": .string("rollout.\(event.rawValue)"),
      "timestamp": .string(at.description),
      "data": [
        "id": .string(id),
        "environment": .string(environment),
        "rollout": .string(rollout),
        "fact": JSONValue(sequence),
        "event": .string(event.rawValue),
        "step": step.map { .string($0) } ?? .null,
        "from": .string(from.rawValue),
        "to": .string(to.rawValue),
        "live": .string(live.rawValue),
        "text": .string(text),
        "next": next.map { .string($0) } ?? .null,
      ],
    ]
  }
}
