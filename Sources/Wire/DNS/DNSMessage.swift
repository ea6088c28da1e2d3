/// A DNS query, update or reply.
///
/// For an update (RFC 2136) the four sections are zone, prerequisites, updates and additional data.
package struct DNSMessage: Sendable, Equatable {
  package static let bytesMax = 65_535
  /// What a server may send in one datagram; fits every network path (RFC 9715).
  package static let datagramBytesMax: UInt16 = 1_232

  package enum Operation: UInt8, Sendable {
    case query = 0
    case inverseQuery = 1
    case status = 2
    case notify = 4
    case update = 5
  }

  package struct Question: Sendable, Hashable {
    package var name: DNSName
    package var type: DNSType
    package var questionClass = DNSClass.internet

    package init(_ name: DNSName, _ type: DNSType) {
      self.name = name
      self.type = type
    }
  }

  package var id: UInt16 = 0
  package var isReply = false
  package var operation = Operation.query
  package var isAuthoritative = false
  package var isTruncated = false
  package var wantsRecursion = false
  package var offersRecursion = false
  /// With the upper bits of EDNS, if the message has them.
  package var code = DNSResponseCode.noError
  package var questions: [Question] = []
  package var answers: [DNSRecord] = []
  package var authority: [DNSRecord] = []
  package var additional: [DNSRecord] = []

  package init() {}

  /// A question for one type at one name.
  package static func query(_ name: DNSName, _ type: DNSType, recursion: Bool) -> DNSMessage {
    var message = DNSMessage()
    message.questions = [Question(name, type)]
    message.wantsRecursion = recursion
    return message
  }

  /// Says that larger datagrams than 512 bytes may come (EDNS, RFC 6891).
  package mutating func allowLargeDatagrams() {
    var option = DNSRecord(.root, ttlSeconds: 0, .empty(.opt))
    option.recordClass = DNSClass(rawValue: Self.datagramBytesMax)
    additional.append(option)
  }
}

extension DNSMessage {
  /// The message as sent, names uncompressed.
  package func encoded() throws(DNSMessageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var flags = UInt16(operation.rawValue) << 11 | code.rawValue & 15
    if isReply { flags |= 0x8000 }
    if isAuthoritative { flags |= 0x0400 }
    if isTruncated { flags |= 0x0200 }
    if wantsRecursion { flags |= 0x0100 }
    if offersRecursion { flags |= 0x0080 }
    bytes.append(number: id)
    bytes.append(number: flags)
    for count in [questions.count, answers.count, authority.count, additional.count] {
      guard let count = UInt16(exactly: count) else {
        throw DNSMessageError("a section of \(count) records is too long")
      }
      bytes.append(number: count)
    }
    for question in questions {
      bytes += question.name.wire
      bytes.append(number: question.type.rawValue)
      bytes.append(number: question.questionClass.rawValue)
    }
    for record in answers + authority + additional {
      bytes += record.name.wire
      bytes.append(number: record.type.rawValue)
      bytes.append(number: record.recordClass.rawValue)
      bytes.append(number: record.ttlSeconds)
      bytes.append(number: UInt16(truncatingIfNeeded: record.data.bytes.count))
      bytes += record.data.bytes
    }
    guard bytes.count <= Self.bytesMax else {
      throw DNSMessageError("a message of \(bytes.count) bytes is longer than \(Self.bytesMax)")
    }
    return bytes
  }

  /// Reads a message; a signature record must be the last one, and then `signature` says where it
  /// begins.
  package static func decode(
    _ bytes: [UInt8]
  ) throws(DNSMessageError) -> (message: DNSMessage, signatureStart: Int?) {
    guard bytes.count <= bytesMax else { throw DNSMessageError("the message is too long") }
    var reader = DNSReader(bytes)
    var message = DNSMessage()
    message.id = try reader.number16()
    let flags = try reader.number16()
    guard let operation = Operation(rawValue: UInt8(flags >> 11 & 15)) else {
      throw DNSMessageError("unknown operation \(flags >> 11 & 15)")
    }
    message.operation = operation
    message.isReply = flags & 0x8000 != 0
    message.isAuthoritative = flags & 0x0400 != 0
    message.isTruncated = flags & 0x0200 != 0
    message.wantsRecursion = flags & 0x0100 != 0
    message.offersRecursion = flags & 0x0080 != 0
    var counts: [Int] = []
    for _ in 0..<4 { counts.append(Int(try reader.number16())) }
    for _ in 0..<counts[0] {
      var question = Question(try reader.name(), DNSType(rawValue: try reader.number16()))
      question.questionClass = DNSClass(rawValue: try reader.number16())
      message.questions.append(question)
    }
    var signatureStart: Int?
    for (section, path) in sections.enumerated() {
      for _ in 0..<counts[section + 1] {
        guard signatureStart == nil else { throw DNSMessageError("TSIG is not the last record") }
        let start = reader.position
        let record = try reader.record()
        if record.type == .tsig { signatureStart = start }
        message[keyPath: path].append(record)
      }
    }
    if signatureStart != nil && message.additional.last?.type != .tsig {
      throw DNSMessageError("TSIG is not in the last section")
    }
    guard reader.isAtEnd else { throw DNSMessageError("bytes follow the message") }
    let options = message.additional.first { $0.type == .opt }
    let upper = options.map { UInt16($0.ttlSeconds >> 24) << 4 } ?? 0
    message.code = DNSResponseCode(rawValue: upper | flags & 15)
    return (message, signatureStart)
  }

  private static var sections: [WritableKeyPath<DNSMessage, [DNSRecord]>] {
    [\.answers, \.authority, \.additional]
  }
}

extension DNSReader {
  mutating func record() throws(DNSMessageError) -> DNSRecord {
    let name = try name()
    let type = DNSType(rawValue: try number16())
    let recordClass = DNSClass(rawValue: try number16())
    let ttlSeconds = try number32()
    let count = Int(try number16())
    let data = DNSRecordData(checked: try data(of: type, count: count), type: type)
    return DNSRecord(name, ttlSeconds: ttlSeconds, data, recordClass: recordClass)
  }
}

extension [UInt8] {
  /// Adds a number, the most significant byte first.
  mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }
}
