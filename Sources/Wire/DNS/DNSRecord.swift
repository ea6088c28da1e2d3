/// One record of a DNS message or zone.
package struct DNSRecord: Sendable, Hashable {
  package var name: DNSName
  package var type: DNSType
  package var recordClass: DNSClass
  package var ttlSeconds: UInt32
  package var data: DNSRecordData

  package init(
    _ name: DNSName, ttlSeconds: UInt32, _ data: DNSRecordData, recordClass: DNSClass = .internet
  ) {
    self.name = name
    self.type = data.type
    self.recordClass = recordClass
    self.ttlSeconds = ttlSeconds
    self.data = data
  }
}

/// The class of a record; updates use `none` and `any` as verbs.
package struct DNSClass: RawRepresentable, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let internet = DNSClass(rawValue: 1)
  package static let none = DNSClass(rawValue: 254)
  package static let any = DNSClass(rawValue: 255)
}

/// The data of a record, without compression.
///
/// Two are equal when their bytes are, names in them compared without regard to case.
package struct DNSRecordData: Sendable {
  package static let bytesMax = 65_535

  package let type: DNSType
  package let bytes: [UInt8]

  /// Takes bytes that a reader has found to fit the type.
  init(checked bytes: [UInt8], type: DNSType) {
    self.type = type
    self.bytes = bytes
  }

  /// No data, as updates use it.
  package static func empty(_ type: DNSType) -> DNSRecordData {
    DNSRecordData(checked: [], type: type)
  }

  /// The data of a CNAME, NS or PTR record.
  package static func name(_ name: DNSName, type: DNSType) -> DNSRecordData {
    DNSRecordData(checked: name.wire, type: type)
  }

  /// Takes uncompressed bytes, which must fit the type.
  package init(type: DNSType, bytes: [UInt8]) throws(DNSMessageError) {
    var reader = DNSReader(bytes)
    let data = try reader.data(of: type, count: bytes.count)
    guard data == bytes else { throw DNSMessageError("record data holds a compressed name") }
    self.init(checked: bytes, type: type)
  }

  /// The names in the data, in order: one for a CNAME, two for an SOA.
  package var names: [DNSName] {
    var names: [DNSName] = []
    visit { field, bytes in
      if case .name = field { names.append(DNSName(checked: Array(bytes))) }
    }
    return names
  }

  /// The same data with its names in small letters (the canonical form of RFC 4034).
  package var canonical: DNSRecordData {
    var data: [UInt8] = []
    visit { field, bytes in
      if case .name = field {
        data += DNSName(checked: Array(bytes)).folded
      } else {
        data += bytes
      }
    }
    return DNSRecordData(checked: data, type: type)
  }

  /// Hands over each field with its bytes; opaque data is one field.
  func visit(_ body: (DNSField, ArraySlice<UInt8>) -> Void) {
    var rest = bytes[...]
    // Data was checked when it came in, so every field is there unless there is no data at all.
    guard !bytes.isEmpty, let layout = DNSField.layout(of: type) else {
      body(.hex, rest)
      return
    }
    for field in layout {
      let count =
        switch field {
        case .name: Self.nameLength(rest)
        case .number8: 1
        case .number16: 2
        case .number32, .seconds, .address4: 4
        case .address6: 16
        case .string: 1 + Int(rest.first ?? 0)
        case .strings, .text, .hex: rest.count
        }
      body(field, rest.prefix(count))
      rest = rest.dropFirst(count)
    }
  }

  private static func nameLength(_ bytes: ArraySlice<UInt8>) -> Int {
    var rest = bytes
    while let length = rest.first, length != 0 { rest = rest.dropFirst(1 + Int(length)) }
    return bytes.count - rest.count + 1
  }
}

extension DNSRecordData: Hashable {
  package static func == (left: DNSRecordData, right: DNSRecordData) -> Bool {
    left.type == right.type && left.canonical.bytes == right.canonical.bytes
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    hasher.combine(canonical.bytes)
  }
}
