internal import JSON
internal import Resources
internal import Rollouts
internal import SQLite

/// A fact as the table keeps it: words and JSON text.
struct FactRow {
  let rollout: String
  let sequence: Int
  let at: String
  let kind: String
  let step: String?
  let detail: String
  let live: String?

  /// The most that one fact or checkpoint may hold.
  static let detailBytesMax = 16 << 20

  init(
    rollout: String, sequence: Int, at: String, kind: String, step: String?, detail: String,
    live: String?
  ) {
    self.rollout = rollout
    self.sequence = sequence
    self.at = at
    self.kind = kind
    self.step = step
    self.detail = detail
    self.live = live
  }

  init(
    _ fact: Fact, rollout: String, sequence: Int, at moment: Timestamp, live: String?
  ) throws {
    let detail = String(decoding: try fact.detail().compact(sortedKeys: true), as: UTF8.self)
    guard detail.utf8.count <= Self.detailBytesMax else {
      throw JournalStoreError.unstorable(
        "the fact '\(fact.kind)' has \(detail.utf8.count) bytes, and \(Self.detailBytesMax) fit")
    }
    self.init(
      rollout: rollout, sequence: sequence, at: try TimeText.text(moment), kind: fact.kind,
      step: fact.step, detail: detail, live: live)
  }

  func hash(after former: String) -> String {
    HashChain.hash([former, rollout, "\(sequence)", at, kind, step, detail, live])
  }

  /// Reads the columns sequence, at, kind, step and detail, in this order.
  static func record(_ row: borrowing Statement) throws -> FactRecord {
    let sequence = Int(row.integer(0))
    let moment = TimeText.read(row.lentBytes(1))
    let step = row.kind(3) == .null ? nil : row.string(3)
    let frequent = FactTemplate.fact(row.lentBytes(2), step, row.lentBytes(4))
    guard let moment, let fact = frequent ?? Self.fact(row.string(2), step, row.bytes(4)) else {
      throw JournalStoreError.damaged(
        "fact \(sequence) ('\(row.string(2))') cannot be read; this program did not write it so")
    }
    return FactRecord(sequence: sequence, at: moment, fact: fact)
  }

  private static func fact(_ kind: String, _ step: String?, _ detail: [UInt8]) -> Fact? {
    FactDetail(reading: detail.span).flatMap { Fact(kind: kind, step: step, $0) }
  }

  /// The fact, or nil when this program did not write it so.
  var fact: Fact? { Self.fact(kind, step, Array(detail.utf8)) }
}
