internal import CCurl

extension Transfer {
  /// A body up to this size goes out with the headers in one piece, and libcurl keeps a copy.
  static let copiedBytesMax = 64 << 10

  /// Tells libcurl what this request asks for, all that differs from one to the next.
  func prepare(_ handle: EasyHandle, _ settings: HTTPClient.Settings) {
    handle.clear()
    setDestination(handle, settings)
    setBody(handle)
    setHeaders(handle)
    let limits = request.limits
    ccurl_set_long(handle.easy, CURLOPT_CONNECTTIMEOUT_MS, limits.connecting.milliseconds)
    ccurl_set_long(handle.easy, CURLOPT_TIMEOUT_MS, limits.transfer.milliseconds)
  }

  private func setDestination(_ handle: EasyHandle, _ settings: HTTPClient.Settings) {
    let easy = handle.easy
    ccurl_set_text(easy, CURLOPT_URL, request.url)
    // Set in every case: without it libcurl would read the environment by itself.
    let proxy = request.aim == nil ? settings.proxies.proxy(for: request.url) : ""
    ccurl_set_text(easy, CURLOPT_PROXY, proxy)
    // A paused transfer would hold up its neighbours on a connection that it shares with them.
    let version = isStreamed ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS
    ccurl_set_long(easy, CURLOPT_HTTP_VERSION, version)
    if let aim = request.aim {
      // Not CURLOPT_RESOLVE: its entries stay in the cache that all transfers share.
      ccurl_set_pointer(easy, CURLOPT_CONNECT_TO, handle.list([Array(aim.connectTo.utf8)]))
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

  private func setBody(_ handle: EasyHandle) {
    let easy = handle.easy
    let method = request.method
    if case .stream(_, let bytes?) = receiver {
      ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
      if bytes >= 0 { ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(bytes)) }
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
      return
    }
    let body = request.body
    if body.count > Self.copiedBytesMax {
      ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
      ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.count))
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    } else if ["POST", "PUT", "PATCH"].contains(method) || !body.isEmpty {
      ccurl_set_long(easy, CURLOPT_POST, 1)
      // The size goes first: libcurl copies that many bytes, zero bytes among them.
      ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
        _ = ccurl_set_pointer(
          easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      }
      if method != "POST" { ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method) }
    } else if method == "HEAD" {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
    } else if method != "GET" {
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    }
  }

  private func setHeaders(_ handle: EasyHandle) {
    var lines: [[UInt8]] = []
    lines.reserveCapacity(request.headers.fields.count + 2)
    for field in request.headers.fields {
      var line: [UInt8] = []
      line.reserveCapacity(field.name.utf8.count + field.value.utf8.count + 3)
      line.append(contentsOf: field.name.utf8)
      // libcurl takes "Name:" as "leave this header out" and "Name;" as "send it empty".
      line.append(UInt8(ascii: field.value.isEmpty ? ";" : ":"))
      if !field.value.isEmpty {
        line.append(UInt8(ascii: " "))
        line.append(contentsOf: field.value.utf8)
      }
      lines.append(line)
    }
    // What libcurl would add of its own accord is left out unless the caller asked for it.
    for name in ["Content-Type", "Expect"] where request.headers.first(name) == nil {
      lines.append(Array("\(name):".utf8))
    }
    ccurl_set_pointer(handle.easy, CURLOPT_HTTPHEADER, handle.list(lines))
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
