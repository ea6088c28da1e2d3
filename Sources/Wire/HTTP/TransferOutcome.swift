internal import CCurl
import Glibc

/// Turns libcurl's result codes into reasons that a person can act on.
///
/// Used by the loop's thread while the handle is still there.
struct TransferOutcome {
  let easy: UnsafeMutableRawPointer
  let code: CURLcode
  let errorText: String
  let host: String

  func reason(_ request: HTTPRequest, _ reply: IncomingReply) -> HTTPFailure.Reason {
    switch code {
    case CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN: return .invalid(words)
    case CURLE_COULDNT_RESOLVE_HOST: return .notResolved(host: host)
    case CURLE_COULDNT_RESOLVE_PROXY: return .notResolved(host: "the proxy")
    case CURLE_COULDNT_CONNECT: return connectionReason
    case CURLE_OPERATION_TIMEDOUT: return timeReason
    case CURLE_WRITE_ERROR: return excessReason(request, reply)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
      CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      return .dropped(bodyBytes: reply.bodyBytes)
    case CURLE_SSL_CONNECT_ERROR: return Self.handshakeReason(words)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
      return .tls(words)
    default: return .other(words)
    }
  }

  /// A duration that libcurl measured, in microseconds there.
  static func time(_ easy: UnsafeMutableRawPointer, _ info: CURLINFO) -> Duration {
    var microseconds: curl_off_t = 0
    ccurl_get_offset(easy, info, &microseconds)
    return .microseconds(microseconds)
  }

  /// What OpenSSL and libcurl say when the connection is gone in the middle of the handshake.
  private static let cuts = [
    "connection reset", "broken pipe", "unexpected eof", "ssl_error_syscall",
    "ssl_error_zero_return", "connection timed out", "connection aborted",
  ]

  /// A handshake that was cut off may succeed the next time; one that was refused never does.
  ///
  /// libcurl has one code for both, and tells them apart in words alone.
  static func handshakeReason(_ words: String) -> HTTPFailure.Reason {
    let lower = words.lowercased()
    return cuts.contains { lower.contains($0) }
      ? .unreachable("cut off while agreeing on TLS: \(words)") : .tls(words)
  }

  /// libcurl's own words for this transfer, or else for the code.
  private var words: String {
    errorText.isEmpty ? String(cString: curl_easy_strerror(code)) : errorText
  }

  private var connectionReason: HTTPFailure.Reason {
    var number = 0
    ccurl_get_long(easy, CURLINFO_OS_ERRNO, &number)
    return Int32(number) == ECONNREFUSED ? .refused : .unreachable(words)
  }

  private var timeReason: HTTPFailure.Reason {
    func isOver(_ info: CURLINFO) -> Bool { Self.time(easy, info) > .zero }
    guard isOver(CURLINFO_NAMELOOKUP_TIME_T) else { return .timedOut(.lookingUp) }
    guard isOver(CURLINFO_CONNECT_TIME_T) else { return .timedOut(.connecting) }
    guard isOver(CURLINFO_PRETRANSFER_TIME_T) else { return .timedOut(.securing) }
    return .timedOut(isOver(CURLINFO_STARTTRANSFER_TIME_T) ? .receiving : .waiting)
  }

  private func excessReason(_ request: HTTPRequest, _ reply: IncomingReply) -> HTTPFailure.Reason {
    switch reply.excess {
    case .body: .bodyTooLarge(limitBytes: request.limits.bodyBytesMax)
    case .headers: .headersTooLarge(limitBytes: IncomingReply.headerBytesMax)
    case nil: .other(words)
    }
  }
}
