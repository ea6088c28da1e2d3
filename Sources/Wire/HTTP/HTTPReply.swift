package import struct Foundation.Date

/// What a server answered; any status is an answer, not an error.
package struct HTTPReply: Sendable {
  package let status: Int
  package let headers: HTTPHeaders
  package let body: [UInt8]
  /// The URL that answered, after redirects.
  package let url: String
  /// Where the server sends the client on to, absolute; nil for no redirect.
  let redirect: String?
  package let timing: Timing
  /// The server's own certificate; nil unless the connection was https and ``HTTPRequest/Connection/fresh``.
  package let certificate: Certificate?

  /// Both are counted from the moment the request was taken up, with the redirects followed.
  package struct Timing: Sendable, Equatable {
    package let firstByte: Duration
    package let total: Duration
  }

  package struct Certificate: Sendable, Equatable {
    package let subject: String
    package let issuer: String
    /// The end of its validity.
    package let expires: Date
  }

  /// The body as text; bytes that are not UTF-8 become replacement characters.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The same reply, the time that redirects took before it added.
  func delayed(by duration: Duration) -> HTTPReply {
    HTTPReply(
      status: status, headers: headers, body: body, url: url, redirect: redirect,
      timing: Timing(firstByte: timing.firstByte + duration, total: timing.total + duration),
      certificate: certificate)
  }
}
