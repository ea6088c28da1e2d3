import Digests

/// Why a signed exchange failed, as far as signatures can tell.
package enum TSIGProblem: Error, Sendable, Equatable {
  /// The server does not know the key's name (or not with this algorithm).
  case unknownKey
  /// The server computed another signature: the secrets differ.
  case badSignature
  /// The clocks differ too much; the server's time in seconds since 1970, if it told.
  case clocksDiffer(serverTime: UInt64?)
  /// The server's answer carries no signature, so anyone may have sent it.
  case unsigned(code: UInt16)
  /// The answer's signature is not right.
  case forged(String)
}

/// Signs one request and checks the signatures of what comes back, in order.
struct TSIGSession {
  /// Messages in a row that a stream may leave unsigned (RFC 8945 section 5.3.1).
  private static let unsignedMax = 99

  private let key: TSIGKey
  private var formerCode: [UInt8] = []
  private var pending: [UInt8] = []
  private var pendingCount = 0
  private var isFirst = true

  init(_ key: TSIGKey) { self.key = key }

  /// Adds the signature record to an encoded request, or to a reply to one with this code.
  mutating func sign(_ message: [UInt8], time: UInt64, after code: [UInt8] = []) -> [UInt8] {
    let id = UInt16(message[0]) << 8 | UInt16(message[1])
    var signature = TSIGRecord(key, time: time, originalID: id)
    formerCode = code
    let start = code.isEmpty ? [] : formerCodeWithLength
    signature.code = key.code(for: start + message + signature.variables(keyName: key.name))
    formerCode = signature.code
    let data = DNSRecordData(checked: signature.data, type: .tsig)
    var signed = message
    signed += key.name.wire
    signed.append(number: DNSType.tsig.rawValue)
    signed.append(number: DNSClass.any.rawValue)
    signed.append(number: UInt32(0))
    signed.append(number: UInt16(truncatingIfNeeded: data.bytes.count))
    signed += data.bytes
    // The number of additional records counts the signature too.
    let count = (UInt16(message[10]) << 8 | UInt16(message[11])) &+ 1
    signed[10] = UInt8(count >> 8)
    signed[11] = UInt8(count & 255)
    return signed
  }

  /// Checks one reply; throws unless it is certainly the server's.
  ///
  /// Within a stream a message `mayBeUnsigned`, and is then covered by the next signature.
  mutating func check(
    _ bytes: [UInt8], _ message: DNSMessage, signatureStart: Int?, now: UInt64,
    mayBeUnsigned: Bool = false
  ) throws(TSIGProblem) {
    guard let start = signatureStart, let record = message.additional.last else {
      guard mayBeUnsigned, !isFirst, pendingCount < Self.unsignedMax else {
        throw .unsigned(code: message.code.rawValue)
      }
      pending += bytes
      pendingCount += 1
      return
    }
    // Class and TTL are signed as what they must be, not as what was sent.
    guard record.recordClass == .any, record.ttlSeconds == 0,
      let signature = try? TSIGRecord(data: record.data.bytes)
    else {
      throw .forged("it cannot be read")
    }
    try Self.explain(signature)
    guard record.name == key.name, signature.algorithm == key.algorithm.name else {
      throw .forged("it is made with another key")
    }
    let signed = formerCodeWithLength + pending + Self.unsigned(bytes, start, signature)
    let rest = isFirst ? signature.variables(keyName: key.name) : signature.timers
    guard ConstantTime.equal(key.code(for: signed + rest), signature.code) else {
      throw .forged("it does not fit the message")
    }
    // Only a signature that fits makes the error and the time in it the server's own word.
    if signature.error == DNSResponseCode.badTime.rawValue {
      throw .clocksDiffer(serverTime: Self.serverTime(signature))
    }
    let difference = max(now, signature.time) - min(now, signature.time)
    guard difference <= UInt64(signature.fudge) else {
      throw .clocksDiffer(serverTime: signature.time)
    }
    formerCode = signature.code
    pending = []
    pendingCount = 0
    isFirst = false
  }

  /// Whether the last message of a stream was signed, as it must be.
  var isComplete: Bool { pendingCount == 0 && !isFirst }

  private var formerCodeWithLength: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(number: UInt16(truncatingIfNeeded: formerCode.count))
    return bytes + formerCode
  }

  /// The errors that a server reports without being able to sign them.
  private static func explain(_ signature: TSIGRecord) throws(TSIGProblem) {
    switch DNSResponseCode(rawValue: signature.error) {
    case .badKey: throw .unknownKey
    case .badSignature: throw .badSignature
    case .badTime where signature.code.isEmpty: throw .clocksDiffer(serverTime: nil)
    default: return
    }
  }

  private static func serverTime(_ signature: TSIGRecord) -> UInt64? {
    signature.other.count == 6 ? signature.other.reduce(0) { $0 << 8 | UInt64($1) } : nil
  }

  /// The message as it was before it was signed.
  private static func unsigned(
    _ bytes: [UInt8], _ start: Int, _ signature: TSIGRecord
  ) -> [UInt8] {
    var message = Array(bytes[..<start])
    let count = (UInt16(message[10]) << 8 | UInt16(message[11])) &- 1
    message[0] = UInt8(signature.originalID >> 8)
    message[1] = UInt8(signature.originalID & 255)
    message[10] = UInt8(count >> 8)
    message[11] = UInt8(count & 255)
    return message
  }
}
