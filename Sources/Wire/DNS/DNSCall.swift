import Digests

/// A request as it goes out, and what its reply must look like.
struct DNSCall {
  /// The encoded request, signed if there is a key.
  let bytes: [UInt8]
  private let request: DNSMessage
  private var session: TSIGSession?

  /// Gives the request an unpredictable id, so that others cannot guess which reply we wait for.
  init(
    _ request: DNSMessage, key: TSIGKey?, now: () -> UInt64
  ) throws(DNSFailure.Reason) {
    var request = request
    let id = Randomness.bytes(2)
    request.id = UInt16(id[0]) << 8 | UInt16(id[1])
    self.request = request
    session = key.map(TSIGSession.init)
    let encoded: [UInt8]
    do throws(DNSMessageError) {
      encoded = try request.encoded()
    } catch {
      throw .invalid(error.description)
    }
    bytes = session?.sign(encoded, time: now()) ?? encoded
    guard bytes.count <= DNSMessage.bytesMax else { throw .invalid("it is too long to be signed") }
  }

  /// The request with its length before it, as a stream carries it.
  var framed: [UInt8] {
    var framed: [UInt8] = []
    framed.append(number: UInt16(truncatingIfNeeded: bytes.count))
    return framed + bytes
  }

  /// Answers the reply if these bytes are one to this request.
  mutating func accept(
    _ bytes: [UInt8], now: UInt64
  ) throws(DNSFailure.Reason) -> DNSMessage {
    let (message, signatureStart) = try decode(bytes)
    do throws(TSIGProblem) {
      try session?.check(bytes, message, signatureStart: signatureStart, now: now)
    } catch {
      throw .signature(error)
    }
    return message
  }

  private func decode(_ bytes: [UInt8]) throws(DNSFailure.Reason) -> (DNSMessage, Int?) {
    let decoded: (message: DNSMessage, signatureStart: Int?)
    do throws(DNSMessageError) {
      decoded = try DNSMessage.decode(bytes)
    } catch {
      throw .malformed(error.description)
    }
    let message = decoded.message
    guard message.isReply, message.id == request.id else {
      throw .malformed("it is not the reply to this message")
    }
    guard message.operation == request.operation else {
      throw .malformed("it is the reply to another operation")
    }
    // An error may leave the question out.
    let mayLackQuestion = message.code != .noError && message.questions.isEmpty
    guard message.questions == request.questions || mayLackQuestion else {
      throw .malformed("it answers another question")
    }
    return (message, decoded.signatureStart)
  }
}
