internal import CCurl
import Glibc

/// One exchange on its way: what is asked, what has come of the reply, and who waits for it.
///
/// Once posted to the ``TransferLoop`` it is touched by the loop's thread only, apart from its
/// cancellation and its pipe.
final class Transfer: @unchecked Sendable {
  typealias Continuation = UnsafeContinuation<Result<HTTPReply, HTTPFailure>, Never>

  enum Receiver {
    case whole(Continuation)
    /// `bodyBytes` is nil without a source of the body, negative for one that cannot tell.
    case stream(HTTPPipe, bodyBytes: Int?)
  }

  let request: HTTPRequest
  let receiver: Receiver
  let cancellation: Cancellation
  private var handle: EasyHandle?
  private(set) var reply = IncomingReply()
  /// Bytes of the request's own body that libcurl took.
  private var sentBytes = 0
  /// When the transfer was taken up, and when bytes moved last.
  private var began = LoopTime.zero
  private var moved = LoopTime.zero

  init(_ request: HTTPRequest, _ receiver: Receiver, _ cancellation: Cancellation = .init()) {
    self.request = request
    self.receiver = receiver
    self.cancellation = cancellation
  }

  var isCancelled: Bool { cancellation.isRequested }

  var isStreamed: Bool {
    switch receiver {
    case .whole: false
    case .stream: true
    }
  }

  /// The handle while it is under way.
  var easy: UnsafeMutableRawPointer? { handle?.easy }

  /// Whether its handle serves the next request as well.
  var leavesHandleReusable: Bool { request.aim == nil && request.connection == .shared }

  func begin(with handle: EasyHandle, _ settings: HTTPClient.Settings) {
    self.handle = handle
    handle.transfer = self
    reply.limitBytes = request.limits.bodyBytesMax
    began = LoopTime.now()
    moved = began
    prepare(handle, settings)
  }

  /// Gives the handle back; the transfer has ended.
  func release() -> EasyHandle? {
    defer { handle = nil }
    handle?.transfer = nil
    return handle
  }

  /// The reason to end it, if bytes have not moved for too long and it is not for us to move them.
  func overdue(at now: LoopTime) -> HTTPFailure.Reason? {
    let limits = request.limits
    let isWaiting = !reply.hasHead && isBodySent
    let limit = isWaiting ? limits.firstByte ?? limits.stall : limits.stall
    guard !isHeldByTask else {
      moved = now
      return nil
    }
    guard let handle, now - moved >= limit else { return nil }
    let connecting = TransferOutcome.time(handle.easy, CURLINFO_PRETRANSFER_TIME_T)
    // Until it is connected, libcurl itself looks at the time.
    guard connecting > .zero, now - began - connecting >= limit else { return nil }
    return isWaiting && limits.firstByte != nil ? .timedOut(.waiting) : .stalled
  }

  /// Ends it while its handle is still there.
  func end(with reason: HTTPFailure.Reason) {
    finish(.failure(failure(reason)))
  }

  func end(_ code: CURLcode) {
    guard let handle else { return }
    guard code != CURLE_OK else {
      finish(.success(finishedReply(handle.easy)))
      return
    }
    let host = request.url.split(separator: "/").dropFirst().first.map(String.init) ?? request.url
    let reading = TransferOutcome(
      easy: handle.easy, code: code, errorText: handle.errorText, host: host)
    end(with: reading.reason(request, reply))
  }

  private func finish(_ result: Result<HTTPReply, HTTPFailure>) {
    switch receiver {
    case .whole(let continuation): continuation.resume(returning: result)
    case .stream(let pipe, _): pipe.end(result.map { _ in })
    }
  }

  private func failure(_ reason: HTTPFailure.Reason) -> HTTPFailure {
    var sentBytes = 0
    if let handle { ccurl_get_long(handle.easy, CURLINFO_REQUEST_SIZE, &sentBytes) }
    return HTTPFailure(
      reason, method: request.method, url: request.url, wasSent: sentBytes > 0)
  }

  private func finishedReply(_ easy: UnsafeMutableRawPointer) -> HTTPReply {
    var redirect: String?
    if (300..<400).contains(reply.status) {
      var target: UnsafeMutableRawPointer?
      ccurl_get_pointer(easy, CURLINFO_REDIRECT_URL, &target)
      redirect = target.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
    }
    return HTTPReply(
      status: reply.status, headers: reply.headers, body: reply.body, url: request.url,
      redirect: redirect,
      timing: HTTPReply.Timing(
        firstByte: TransferOutcome.time(easy, CURLINFO_STARTTRANSFER_TIME_T),
        total: TransferOutcome.time(easy, CURLINFO_TOTAL_TIME_T)),
      certificate: request.connection == .fresh ? ServerCertificate.read(easy) : nil)
  }
}

/// What libcurl asks and tells, on the loop's thread.
extension Transfer {
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    moved = LoopTime.now()
    switch receiver {
    case .whole: return reply.takeBody(bytes) ? bytes.count : 0
    case .stream(let pipe, _):
      guard pipe.take(bytes) else { return Int(CURL_WRITEFUNC_PAUSE) }
      reply.noteBody(bytes.count)
      return bytes.count
    }
  }

  func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    moved = LoopTime.now()
    let hadHead = reply.hasHead
    guard reply.takeHeader(bytes) else { return 0 }
    if case .stream(let pipe, _) = receiver, reply.hasHead, !hadHead {
      pipe.take(HTTPStreamedReply.Head(status: reply.status, headers: reply.headers))
    }
    return bytes.count
  }

  func giveBody(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    moved = LoopTime.now()
    if case .stream(let pipe, .some) = receiver {
      switch pipe.give(into: buffer) {
      case .bytes(let count): return count
      case .later: return Int(CURL_READFUNC_PAUSE)
      case .end: return 0
      }
    }
    let count = min(buffer.count, request.body.count - sentBytes)
    buffer.copyBytes(from: request.body[sentBytes..<(sentBytes + count)])
    sentBytes += count
    return count
  }

  /// Goes back in the body, because a kept connection turned out to be closed.
  func rewind(to offset: Int) -> Bool {
    if case .stream(let pipe, .some) = receiver { return offset == pipe.sentBytes }
    guard (0...request.body.count).contains(offset) else { return false }
    sentBytes = offset
    return true
  }

  private var isHeldByTask: Bool {
    switch receiver {
    case .whole: false
    case .stream(let pipe, _): pipe.isHeldByTask
    }
  }

  private var isBodySent: Bool {
    switch receiver {
    case .stream(let pipe, .some): pipe.isBodySent
    case .stream(_, nil), .whole:
      sentBytes == request.body.count || request.body.count <= Self.copiedBytesMax
    }
  }
}
