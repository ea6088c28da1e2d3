internal import CCurl
import Glibc

/// One libcurl handle, set up once and used for many requests; touched by the loop's thread only.
///
/// What no request changes is set in `init`; ``Transfer`` sets everything else for each request.
final class EasyHandle {
  let easy: UnsafeMutableRawPointer
  /// Whom libcurl's callbacks speak to; set while a request is under way.
  var transfer: Transfer?
  private let errorBuffer: UnsafeMutablePointer<CChar>
  private var lists: [UnsafeMutablePointer<curl_slist>] = []

  /// Bytes read from or written to a socket at once.
  private static let bufferBytes = 128 << 10

  init(_ settings: HTTPClient.Settings) {
    guard let easy = curl_easy_init() else { preconditionFailure("libcurl is out of memory") }
    self.easy = easy
    errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    // A path is sent as written: a signature covers it, and a key may hold "/../".
    ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    // The answer of a proxy to CONNECT is not part of the reply.
    ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_set_text(easy, CURLOPT_NOPROXY, settings.proxies.exceptions)
    ccurl_set_text(easy, CURLOPT_USERAGENT, settings.userAgent)
    ccurl_set_long(easy, CURLOPT_BUFFERSIZE, Self.bufferBytes)
    ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, Self.bufferBytes)
    ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    switch settings.authorities {
    case .system: break
    case .file(let path):
      ccurl_set_text(easy, CURLOPT_CAINFO, path)
      ccurl_set_text(easy, CURLOPT_CAPATH, nil)
    }
    setCallbacks()
  }

  deinit {
    curl_easy_cleanup(easy)
    freeLists()
    errorBuffer.deallocate()
  }

  /// libcurl's own words for what went wrong last.
  var errorText: String { String(cString: errorBuffer) }

  /// Forgets the request before.
  func clear() {
    errorBuffer[0] = 0
    ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
    ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, -1)
    ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, -1)
    // Back to a plain GET, after the fields, which mean POST: neither that, nor "upload" or "no
    // body" outlives this.
    ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
    ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, nil)
    ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, nil)
    freeLists()
  }

  /// A list that libcurl reads until the next ``clear()``.
  func list(_ lines: some Sequence<[UInt8]>) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      list = (line + [0]).withUnsafeBytes { bytes in
        curl_slist_append(list, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
      }
    }
    if let list { lists.append(list) }
    return list
  }

  private func freeLists() {
    for list in lists { curl_slist_free_all(list) }
    lists.removeAll(keepingCapacity: true)
  }

  private func setCallbacks() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, context)
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    ccurl_set_sink(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let transfer = EasyHandle.transfer(context) else { return 0 }
      return transfer.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    ccurl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let transfer = EasyHandle.transfer(context) else { return 0 }
      return transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_pointer(easy, CURLOPT_READDATA, context)
    ccurl_set_sink(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
      guard let transfer = EasyHandle.transfer(context) else { return Int(CURL_READFUNC_ABORT) }
      return transfer.giveBody(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_pointer(easy, CURLOPT_SEEKDATA, context)
    ccurl_set_seek(easy) { context, offset, origin in
      guard let transfer = EasyHandle.transfer(context), origin == SEEK_SET else {
        return CURL_SEEKFUNC_CANTSEEK
      }
      return transfer.rewind(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
    }
  }

  /// The handle behind a callback's or a message's context.
  static func from(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
    context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    from(context)?.transfer
  }
}
