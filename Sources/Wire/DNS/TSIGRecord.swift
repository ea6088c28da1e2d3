/// The data of a signature record.
struct TSIGRecord: Equatable {
  /// How far two clocks may differ, in seconds; RFC 8945 recommends it.
  static let fudgeSeconds: UInt16 = 300

  var algorithm: DNSName
  /// Seconds since 1970; 48 bits.
  var time: UInt64
  var fudge: UInt16
  var code: [UInt8]
  var originalID: UInt16
  var error: UInt16
  var other: [UInt8]

  init(_ key: TSIGKey, time: UInt64, originalID: UInt16) {
    algorithm = key.algorithm.name
    self.time = time & 0xffff_ffff_ffff
    fudge = Self.fudgeSeconds
    code = []
    self.originalID = originalID
    error = 0
    other = []
  }

  init(data: [UInt8]) throws(DNSMessageError) {
    var reader = DNSReader(data)
    algorithm = try reader.name()
    time = try reader.number48()
    fudge = try reader.number16()
    code = try reader.take(Int(try reader.number16()))
    originalID = try reader.number16()
    error = try reader.number16()
    other = try reader.take(Int(try reader.number16()))
    guard reader.isAtEnd else { throw DNSMessageError("bytes follow the signature") }
  }

  var data: [UInt8] {
    var bytes = algorithm.wire
    bytes += time48
    bytes.append(number: fudge)
    bytes.append(number: UInt16(truncatingIfNeeded: code.count))
    bytes += code
    bytes.append(number: originalID)
    bytes.append(number: error)
    bytes.append(number: UInt16(truncatingIfNeeded: other.count))
    return bytes + other
  }

  /// What is signed besides the message.
  func variables(keyName: DNSName) -> [UInt8] {
    var bytes = keyName.folded
    bytes.append(number: DNSClass.any.rawValue)
    bytes.append(number: UInt32(0))
    bytes += algorithm.folded
    bytes += timers
    bytes.append(number: error)
    bytes.append(number: UInt16(truncatingIfNeeded: other.count))
    return bytes + other
  }

  /// What is signed besides the message from the second message of a stream on.
  var timers: [UInt8] {
    var bytes = time48
    bytes.append(number: fudge)
    return bytes
  }

  private var time48: [UInt8] {
    withUnsafeBytes(of: time.bigEndian) { Array($0.dropFirst(2)) }
  }
}
