/// Building updates by RFC 2136.
///
/// A server checks all prerequisites and then carries out all changes, or none.
extension DNSMessage {
  package static func update(zone: DNSName) -> DNSMessage {
    var message = DNSMessage()
    message.operation = .update
    message.questions = [Question(zone, .soa)]
    return message
  }

  /// The set at this name must hold exactly these data; TTLs are not compared.
  package mutating func require(_ name: DNSName, holds data: [DNSRecordData]) {
    answers += data.map { DNSRecord(name, ttlSeconds: 0, $0) }
  }

  /// There must be no set of this type at this name.
  package mutating func requireNone(_ name: DNSName, _ type: DNSType) {
    answers.append(DNSRecord(name, ttlSeconds: 0, .empty(type), recordClass: .none))
  }

  /// Removes the whole set; none there is no error.
  package mutating func remove(_ name: DNSName, _ type: DNSType) {
    authority.append(DNSRecord(name, ttlSeconds: 0, .empty(type), recordClass: .any))
  }

  package mutating func add(_ record: DNSRecord) { authority.append(record) }
}
