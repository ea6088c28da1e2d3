/// Builds a value out of `Encodable` types, members in the order in which they are encoded.
struct JSONValueEncoder: Encoder {
  /// Where a container writes; containers are handed out before their content is known.
  final class Slot {
    private enum Shape {
      case scalar
      case array
      case object
    }

    private var shape = Shape.object
    private var scalar = JSONValue.null
    private var slots: [Slot] = []
    private var names: [String] = []
    private var byName: [UTF8Key: Slot] = [:]

    var count: Int { slots.count }

    var value: JSONValue {
      switch shape {
      case .scalar: scalar
      case .array: .array(slots.map(\.value))
      case .object: .object(zip(names, slots).map { JSONValue.Member($0.0, $0.1.value) })
      }
    }

    func set(_ value: JSONValue) {
      shape = .scalar
      scalar = value
    }

    func becomeArray() { shape = .array }

    func becomeObject() { shape = .object }

    func append() -> Slot {
      let slot = Slot()
      slots.append(slot)
      return slot
    }

    /// The slot of a key; encoding a key again replaces what was there.
    func member(_ name: String) -> Slot {
      let key = UTF8Key(name)
      if let known = byName[key] { return known }
      let slot = append()
      names.append(name)
      byName[key] = slot
      return slot
    }
  }

  let codingPath: [any CodingKey]
  let slot: Slot
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(codingPath: [any CodingKey], slot: Slot = Slot()) {
    self.codingPath = codingPath
    self.slot = slot
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.becomeObject()
    return KeyedEncodingContainer(Keyed<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.becomeArray()
    return Unkeyed(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
  func encodeNil() { slot.set(.null) }
  func encode(_ value: Bool) { slot.set(.bool(value)) }
  func encode(_ value: String) { slot.set(.string(value)) }
  func encode(_ value: Int) { slot.set(JSONValue(value)) }
  func encode(_ value: Int8) { slot.set(JSONValue(value)) }
  func encode(_ value: Int16) { slot.set(JSONValue(value)) }
  func encode(_ value: Int32) { slot.set(JSONValue(value)) }
  func encode(_ value: Int64) { slot.set(JSONValue(value)) }
  func encode(_ value: UInt) { slot.set(JSONValue(value)) }
  func encode(_ value: UInt8) { slot.set(JSONValue(value)) }
  func encode(_ value: UInt16) { slot.set(JSONValue(value)) }
  func encode(_ value: UInt32) { slot.set(JSONValue(value)) }
  func encode(_ value: UInt64) { slot.set(JSONValue(value)) }

  func encode(_ value: Float) throws { try finite(value, value.isFinite) }
  func encode(_ value: Double) throws { try finite(value, value.isFinite) }

  func encode<T: Encodable>(_ value: T) throws {
    if let same = value as? JSONValue { return slot.set(same) }
    try value.encode(to: self)
  }

  private func finite(_ value: some LosslessStringConvertible, _ isFinite: Bool) throws {
    guard isFinite else {
      throw EncodingError.invalidValue(
        value,
        .init(codingPath: codingPath, debugDescription: "JSON has no number \(value)"))
    }
    slot.set(.number("\(value)"))
  }
}

extension JSONValueEncoder {
  private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: JSONValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { child(key).encodeNil() }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try child(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      child(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { child(JSONCodingKey(stringValue: "super")) }

    func superEncoder(forKey key: Key) -> any Encoder { child(key) }

    private func child(_ key: some CodingKey) -> JSONValueEncoder {
      JSONValueEncoder(
        codingPath: codingPath + [key], slot: encoder.slot.member(key.stringValue))
    }
  }

  private struct Unkeyed: UnkeyedEncodingContainer {
    let encoder: JSONValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.slot.count }

    func encodeNil() { child().encodeNil() }

    func encode<T: Encodable>(_ value: T) throws { try child().encode(value) }

    func nestedContainer<Key: CodingKey>(
      keyedBy type: Key.Type
    ) -> KeyedEncodingContainer<Key> { child().container(keyedBy: type) }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }

    func superEncoder() -> any Encoder { child() }

    private func child() -> JSONValueEncoder {
      JSONValueEncoder(
        codingPath: codingPath + [JSONCodingKey(intValue: count)], slot: encoder.slot.append())
    }
  }
}

extension JSONValue: Codable {
  /// Through `JSONValueDecoder` the value is taken as it is; other decoders give up to 64 bits.
  package init(from decoder: any Decoder) throws {
    if let own = decoder as? JSONValueDecoder {
      self = own.value
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .bool(flag)
    } else if let number = try? container.decode(Int.self) {
      self = JSONValue(number)
    } else if let number = try? container.decode(Double.self) {
      self = .number("\(number)")
    } else if let text = try? container.decode(String.self) {
      self = .string(text)
    } else if let elements = try? container.decode([JSONValue].self) {
      self = .array(elements)
    } else {
      let members = try container.decode([String: JSONValue].self)
      self = .object(
        members.sorted { $0.key.precedesInBytes($1.key) }.map { Member($0.key, $0.value) })
    }
  }

  package func encode(to encoder: any Encoder) throws {
    if let own = encoder as? JSONValueEncoder { return own.slot.set(self) }
    switch self {
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .object(let members):
      var container = encoder.container(keyedBy: JSONCodingKey.self)
      for member in members {
        try container.encode(member.value, forKey: JSONCodingKey(stringValue: member.name))
      }
    case .null, .bool, .number, .string:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let flag): try container.encode(flag)
      case .number(let text):
        if let whole = JSONNumber.integer(text) {
          try container.encode(whole)
        } else {
          try container.encode(Double(text))
        }
      case .string(let text): try container.encode(text)
      case .null, .array, .object: try container.encodeNil()
      }
    }
  }
}
