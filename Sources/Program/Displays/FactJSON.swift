internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Facts, readings and steps as objects for other programs.
///
/// A fact has the members that `cutover journal export` gives it.
enum FactJSON {
  static func fact(_ record: FactRecord, of rollout: String) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("type", "fact"), .init("rollout", .string(rollout)),
      .init("sequence", JSONValue(record.sequence)), .init("at", moment(record.at)),
      .init("kind", .string(record.fact.kind)),
    ]
    if let step = record.fact.step { members.append(.init("step", .string(step))) }
    if let detail = try? record.fact.detail() { members.append(.init("detail", detail)) }
    return .object(members)
  }

  static func reading(_ reading: Pace.Reading, of step: String, at now: Timestamp) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("type", "reading"), .init("step", .string(step)), .init("at", moment(now)),
      .init("done", JSONValue(reading.done)),
    ]
    if let total = reading.total { members.append(.init("total", JSONValue(total))) }
    members.append(.init("bytes", JSONValue(reading.bytes)))
    if let total = reading.bytesTotal { members.append(.init("bytesTotal", JSONValue(total))) }
    if !reading.unit.isEmpty { members.append(.init("unit", .string(reading.unit))) }
    if let reason = reading.waitingFor { members.append(.init("waitingFor", .string(reason))) }
    if let until = reading.until { members.append(.init("until", moment(until))) }
    return .object(members)
  }

  static func moment(_ moment: Timestamp) -> JSONValue { .string(moment.description) }

  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
