internal import CCurl
import Glibc

/// One libcurl handle with what it collects.
///
/// Once posted to the ``TransferLoop`` it is touched by the loop's thread only, apart from its
/// cancellation, which may be requested from anywhere.
final class Transfer: @unchecked Sendable {
  typealias Continuation = CheckedContinuation<Result<HTTPReply, HTTPFailure>, Never>

  let easy: UnsafeMutableRawPointer
  private let request: HTTPRequest
  private let settings: HTTPClient.Settings
  private let cancellation: Cancellation
  private let continuation: Continuation
  private let errorText: UnsafeMutablePointer<CChar>
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var reply = IncomingReply()

  var isCancelled: Bool { cancellation.isRequested }

  init(
    _ request: HTTPRequest, _ settings: HTTPClient.Settings, _ cancellation: Cancellation,
    _ continuation: Continuation
  ) {
    guard let easy = curl_easy_init() else { preconditionFailure("libcurl is out of memory") }
    self.easy = easy
    self.request = request
    self.settings = settings
    self.cancellation = cancellation
    self.continuation = continuation
    self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    for list in lists { curl_slist_free_all(list) }
    errorText.deallocate()
  }

  func prepare() {
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    reply.limitBytes = request.limits.bodyBytesMax
    setDestination()
    setMethodAndBody()
    setHeaders()
    setLimits()
    setSecurity()
    setSinks()
  }

  func end(with reason: HTTPFailure.Reason) {
    continuation.resume(returning: .failure(failure(reason)))
  }

  func end(_ code: CURLcode) {
    guard code != CURLE_OK else {
      continuation.resume(returning: .success(finishedReply()))
      return
    }
    let host = request.url.split(separator: "/").dropFirst().first.map(String.init) ?? request.url
    let reading = TransferOutcome(
      easy: easy, code: code, errorText: String(cString: errorText), host: host)
    end(with: reading.reason(request, reply))
  }

  private func failure(_ reason: HTTPFailure.Reason) -> HTTPFailure {
    var sentBytes = 0
    ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &sentBytes)
    return HTTPFailure(
      reason, method: request.method, url: request.url, wasSent: sentBytes > 0)
  }

  private func finishedReply() -> HTTPReply {
    var status = 0
    ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    var target: UnsafeMutableRawPointer?
    ccurl_get_pointer(easy, CURLINFO_REDIRECT_URL, &target)
    let redirect = target.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
    return HTTPReply(
      status: status, headers: reply.headers, body: reply.body, url: request.url,
      redirect: redirect,
      timing: HTTPReply.Timing(
        firstByte: TransferOutcome.time(easy, CURLINFO_STARTTRANSFER_TIME_T),
        total: TransferOutcome.time(easy, CURLINFO_TOTAL_TIME_T)),
      certificate: ServerCertificate.read(easy))
  }
}

extension Transfer {
  private func setDestination() {
    ccurl_set_text(easy, CURLOPT_URL, request.url)
    // A path is sent as written: a signature covers it, and a key may hold "/../".
    ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    // Set in every case: without it libcurl would read the environment by itself.
    let proxy = request.aim == nil ? settings.proxies.proxy(for: request.url) : ""
    ccurl_set_text(easy, CURLOPT_PROXY, proxy)
    ccurl_set_text(easy, CURLOPT_NOPROXY, settings.proxies.exceptions)
    if let aim = request.aim {
      // Not CURLOPT_RESOLVE: its entries stay in the cache that all transfers share.
      ccurl_set_pointer(easy, CURLOPT_CONNECT_TO, list([aim.connectTo]))
    }
    switch request.connection {
    case .shared: break
    case .fresh:
      ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
      ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
      ccurl_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
      // A resumed TLS session would not show the certificate again.
      ccurl_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
      ccurl_set_long(easy, CURLOPT_CERTINFO, 1)
    }
  }

  private func setMethodAndBody() {
    let carriesBody = ["POST", "PUT", "PATCH"].contains(request.method) || !request.body.isEmpty
    if carriesBody {
      ccurl_set_long(easy, CURLOPT_POST, 1)
      // The size goes first: libcurl copies that many bytes, zero bytes among them.
      ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count)
      (request.body.isEmpty ? [0] : request.body).withUnsafeBytes { bytes in
        _ = ccurl_set_pointer(
          easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      }
    } else if request.method == "HEAD" {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
    }
    if request.method != "GET" && request.method != "HEAD" || carriesBody {
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func setHeaders() {
    var lines = request.headers.fields.map { field in
      // libcurl takes "Name:" as "leave this header out" and "Name;" as "send it empty".
      field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
    }
    // What libcurl would add of its own accord is left out unless the caller asked for it.
    for name in ["Content-Type", "Expect"] where request.headers.first(name) == nil {
      lines.append("\(name):")
    }
    ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, list(lines))
    if request.headers.first("User-Agent") == nil {
      ccurl_set_text(easy, CURLOPT_USERAGENT, settings.userAgent)
    }
  }

  private func setLimits() {
    let limits = request.limits
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, limits.connecting.milliseconds)
    ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, limits.transfer.milliseconds)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, (limits.stall.milliseconds + 999) / 1_000)
  }

  private func setSecurity() {
    ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    switch settings.authorities {
    case .system: break
    case .file(let path):
      ccurl_set_text(easy, CURLOPT_CAINFO, path)
      ccurl_set_text(easy, CURLOPT_CAPATH, nil)
    }
  }

  private func setSinks() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    ccurl_set_sink(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return transfer.reply.takeBody(bytes) ? bytes.count : 0
    }
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    ccurl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return transfer.reply.takeHeader(bytes) ? bytes.count : 0
    }
  }

  /// A list that libcurl reads until the transfer ends.
  private func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) }
    if let list { lists.append(list) }
    return list
  }
}

extension Duration {
  /// Whole milliseconds, at least one: libcurl takes zero as "no limit".
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    let clamped = min(max(seconds, 0), 86_400 * 365)
    return max(1, Int(clamped) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}
