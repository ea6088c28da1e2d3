/// A store of named values that say how an environment stands, such as which colour is live.
///
/// Laws, run against every provider by `ValueStoreLaws`:
/// - `value` says `absent` only when there surely is none; a store that cannot be asked throws. What
///   is there but is no value of the type asked for is `malformed`, which is neither.
/// - `replace` writes only where `former` is what it finds, and otherwise changes nothing and answers
///   what it met. That the new value is there already is success only with `again`, which says that an
///   earlier try may have been taken: without it that was somebody else, and of two who try the same
///   at once only one is answered `done`. A try whose answer is lost throws; it must be made again with
///   `again`. When it answers `done`, the new value is durable and every later `value` shows it or a
///   later one.
/// - Numbers are compared by value, words by their bytes.
package protocol ValueStore: Sendable {
  var url: ResourceURL { get }
  /// Whether comparing and writing are one: false where a write of others may slip in between.
  var isAtomic: Bool { get }
  func value(of key: String, as type: ValueType) async throws(Failure) -> ValueAnswer
  /// Puts `value` in the place of `former`; nil stands for none. Both are of the given type.
  func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?, again: Bool
  ) async throws(Failure) -> ValueReplacement
}

/// What a store holds under a key.
package enum ValueAnswer: Sendable, Hashable {
  case value(StoredValue)
  case absent
  /// Something is there that is no such value; the text shows what.
  case malformed(String)

  /// For messages.
  package var text: String {
    switch self {
    case .value(let value): "\(value)"
    case .absent: "nothing"
    case .malformed(let what): what
    }
  }

  /// Whether it is exactly the one value, or exactly none.
  package func `is`(_ value: StoredValue?) -> Bool {
    switch self {
    case .value(let found): found == value
    case .absent: value == nil
    case .malformed: false
    }
  }
}

package enum ValueReplacement: Sendable, Hashable {
  case done
  /// Nothing was changed: this was found instead of the former value.
  case conflict(ValueAnswer)
}
