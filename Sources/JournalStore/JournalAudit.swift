/// What a look at every hash of the journal found.
///
/// It finds whatever was edited, removed, added or reordered without recomputing the hashes. Someone
/// who recomputes all of them is found out only by a head that was noted elsewhere: `heads`.
package struct JournalAudit: Sendable, Equatable {
  /// One thing that is not as this program wrote it.
  package struct Damage: Sendable, Hashable, CustomStringConvertible {
    package let rollout: String?
    package let sequence: Int?
    package let what: String

    package var description: String {
      switch (rollout, sequence) {
      case (let rollout?, let sequence?): "\(rollout), fact \(sequence): \(what)"
      case (let rollout?, nil): "\(rollout): \(what)"
      case (nil, _): what
      }
    }
  }

  /// The last hash of a rollout; kept on paper, it proves the whole rollout later.
  package struct Head: Sendable, Hashable {
    package let rollout: String
    package let factCount: Int
    package let hash: String
  }

  package internal(set) var heads: [Head] = []
  package internal(set) var factCount = 0
  /// In the order of the journal, at most `damagesMax`.
  package private(set) var damages: [Damage] = []
  package private(set) var isCutShort = false

  package static let damagesMax = 100

  package var isSound: Bool { damages.isEmpty }

  mutating func found(_ what: String, in rollout: String? = nil, at sequence: Int? = nil) {
    guard damages.count < Self.damagesMax else {
      isCutShort = true
      return
    }
    damages.append(Damage(rollout: rollout, sequence: sequence, what: what))
  }
}
