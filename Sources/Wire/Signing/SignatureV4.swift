internal import Digests

/// Signs requests as AWS services ask for it.
///
/// Source: "AWS Signature Version 4 for API requests" of the IAM user guide, and for streamed bodies
/// "Signature calculations for the Authorization header" of the S3 API reference.
package struct SignatureV4: Sendable {
  /// What the signature says about the body.
  package enum Payload: Sendable {
    /// The digest of the request's own body.
    case body
    /// A digest in lower-case hexadecimal, of a body that is sent as a stream.
    case sha256(String)
    /// Nothing: TLS alone protects it. S3 only.
    case unsigned
    /// A streamed body in chunks, its checksum behind it. S3 only.
    case chunked(ChunkedUpload)
  }

  package var region: String
  package var service: String
  private let keys: SigningKeys?
  /// S3 signs the path as it is sent; every other service normalises and escapes it once more.
  private var isS3: Bool { service == "s3" }

  package init(region: String, service: String, keys: SigningKeys? = nil) {
    self.region = region
    self.service = service
    self.keys = keys
  }

  /// The request with its `Host`, `X-Amz-Date`, token and `Authorization` headers set anew.
  ///
  /// The URL must be absolute with path and query percent-encoded as they are to be sent.
  /// `now` is in seconds since 1970.
  package func sign(
    _ request: HTTPRequest, with credentials: SigningCredentials, at now: Int64,
    payload: Payload = .body
  ) -> HTTPRequest {
    signed(request, with: credentials, at: now, payload: payload).request
  }

  /// The signed request, and what signs the chunks of its body.
  package func signed(
    _ request: HTTPRequest, with credentials: SigningCredentials, at now: Int64,
    payload: Payload
  ) -> (request: HTTPRequest, chunks: ChunkSignature) {
    var request = request
    var stream = DigestStream(.sha256)
    let url = SigningURL(request.url)
    let time = SigningTime(now)
    let digest = digest(request, payload, with: &stream)
    request.headers.set("Host", url.host)
    request.headers.set("X-Amz-Date", time.text)
    if let token = credentials.sessionToken {
      request.headers.set("X-Amz-Security-Token", token)
    }
    if isS3 {
      request.headers.set("X-Amz-Content-SHA256", String(decoding: digest, as: UTF8.self))
    }
    let canonical = CanonicalRequest(
      method: request.method, path: isS3 ? url.path : url.normalisedPath[...],
      query: url.sortedQuery, headers: SignedHeader.list(request.headers), payload: digest)
    let key = key(credentials, time, with: &stream)
    let signature = signature(of: canonical, at: time, key: key, with: &stream)
    var value = Array("AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/".utf8)
    value += scope(time)
    value += ", SignedHeaders=".utf8
    value += canonical.signedHeaders
    value += ", Signature=".utf8
    value += signature
    request.headers.set("Authorization", String(decoding: value, as: UTF8.self))
    return (
      request,
      ChunkSignature(seed: signature, key: key, time: time.bytes, scope: scope(time))
    )
  }

  /// The longest that a presigned URL may hold: a week.
  package static let expirySecondsMax = 604_800

  /// The request's URL with a signature in its query, for whoever is to send it without keys.
  ///
  /// It holds for `expirySeconds`, and not longer than the credentials themselves. The headers of
  /// the request are signed too, so whoever sends it must send them. The body is left open for S3;
  /// for other services the digest of the request's own body is signed.
  package func presign(
    _ request: HTTPRequest, with credentials: SigningCredentials, at now: Int64,
    expirySeconds: Int
  ) -> String {
    precondition((1...Self.expirySecondsMax).contains(expirySeconds), "a URL holds up to a week")
    var request = request
    var stream = DigestStream(.sha256)
    let time = SigningTime(now)
    request.headers.set("Host", SigningURL(request.url).host)
    let headers = SignedHeader.list(request.headers)
    let names = CanonicalRequest(
      method: "", path: [], query: [], headers: headers, payload: []
    ).signedHeaders
    let scopeText = String(decoding: scope(time), as: UTF8.self)
    var parameters = [
      ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
      ("X-Amz-Credential", "\(credentials.accessKey)/\(scopeText)"),
      ("X-Amz-Date", time.text), ("X-Amz-Expires", "\(expirySeconds)"),
      ("X-Amz-SignedHeaders", String(decoding: names, as: UTF8.self)),
    ]
    if let token = credentials.sessionToken { parameters.append(("X-Amz-Security-Token", token)) }
    let query = parameters.map { "\($0)=\(PercentEncoding.escape($1))" }.joined(separator: "&")
    let address = request.url.prefix { $0 != "#" }
    let joint = !address.contains("?") ? "?" : address.hasSuffix("?") ? "" : "&"
    let text = "\(address)\(joint)\(query)"
    let url = SigningURL(text)
    let payload = isS3 ? Array("UNSIGNED-PAYLOAD".utf8) : digest(request, .body, with: &stream)
    let canonical = CanonicalRequest(
      method: request.method, path: isS3 ? url.path : url.normalisedPath[...],
      query: url.sortedQuery, headers: headers, payload: payload)
    let key = key(credentials, time, with: &stream)
    let signature = signature(of: canonical, at: time, key: key, with: &stream)
    return "\(text)&X-Amz-Signature=\(String(decoding: signature, as: UTF8.self))"
  }

  private func digest(
    _ request: HTTPRequest, _ payload: Payload, with stream: inout DigestStream
  ) -> [UInt8] {
    switch payload {
    case .body:
      stream.update(request.body)
      return Hex.encode(stream.digest())
    case .sha256(let text): return Array(text.utf8)
    case .unsigned: return Array("UNSIGNED-PAYLOAD".utf8)
    case .chunked(let upload): return Array(upload.payloadName.utf8)
    }
  }

  private func scope(_ time: SigningTime) -> [UInt8] {
    var scope = Array(time.day)
    scope += "/\(region)/\(service)/aws4_request".utf8
    return scope
  }

  private func key(
    _ credentials: SigningCredentials, _ time: SigningTime, with stream: inout DigestStream
  ) -> [UInt8] {
    keys?.key(credentials, time, region: region, service: service, with: &stream)
      ?? SigningKeys.derive(credentials, time, region: region, service: service, with: &stream)
  }

  private func signature(
    of canonical: CanonicalRequest, at time: SigningTime, key: [UInt8],
    with stream: inout DigestStream
  ) -> [UInt8] {
    stream.update(canonical.bytes)
    let digest = stream.digest()
    var text = Array("AWS4-HMAC-SHA256\n".utf8)
    text += time.bytes
    text.append(UInt8(ascii: "\n"))
    text += scope(time)
    text.append(UInt8(ascii: "\n"))
    text += Hex.encode(digest)
    return Hex.encode(HMAC.sha256(text, key: key, with: &stream))
  }
}
