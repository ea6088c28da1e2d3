/// An input of one's own with a group of fields beside it that many inputs share, in one object.
///
/// Both are read off the same keys, so that no input reads a shared group by hand.
@dynamicMemberLookup
package struct Beside<Group: Decodable & Sendable, Own: Decodable & Sendable>: Decodable, Sendable {
  let group: Group
  let own: Own

  package init(from decoder: any Decoder) throws {
    group = try Group(from: decoder)
    own = try Own(from: decoder)
  }

  package subscript<Value>(dynamicMember path: KeyPath<Own, Value>) -> Value { own[keyPath: path] }
}

extension Beside where Group == CloudAccount {
  /// Where and with whose credentials AWS is called.
  var account: CloudAccount { group }
}

extension Beside where Group == CloudRequest {
  /// What is called.
  var request: CloudRequest { group }
}
