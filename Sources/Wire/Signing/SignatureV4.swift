internal import Digests

/// Signs requests as AWS services ask for it.
///
/// Source: "AWS Signature Version 4 for API requests" of the IAM user guide.
package struct SignatureV4: Sendable {
  /// What the signature says about the body.
  package enum Payload: Sendable {
    /// The digest of the request's own body.
    case body
    /// A digest in lower-case hexadecimal, of a body that is sent as a stream.
    case sha256(String)
    /// Nothing: TLS alone protects it. S3 only.
    case unsigned
  }

  package var region: String
  package var service: String
  /// S3 signs the path as it is sent; every other service normalises and escapes it once more.
  private var isS3: Bool { service == "s3" }

  package init(region: String, service: String) {
    self.region = region
    self.service = service
  }

  /// The request with its `Host`, `X-Amz-Date`, token and `Authorization` headers set anew.
  ///
  /// The URL must be absolute with path and query percent-encoded as they are to be sent.
  /// `now` is in seconds since 1970.
  package func sign(
    _ request: HTTPRequest, with credentials: SigningCredentials, at now: Int64,
    payload: Payload = .body
  ) -> HTTPRequest {
    var request = request
    let url = SigningURL(request.url)
    let stamp = SigningTime(now)
    let digest = self.digest(request, payload)
    request.headers.set("Host", url.host)
    request.headers.set("X-Amz-Date", stamp.text)
    if let token = credentials.sessionToken {
      request.headers.set("X-Amz-Security-Token", token)
    }
    if isS3 { request.headers.set("X-Amz-Content-SHA256", digest) }
    let headers = signedHeaders(request.headers)
    let names = headers.map(\.name).joined(separator: ";")
    let canonical = [
      request.method, isS3 ? url.path : url.normalisedPath, url.sortedQuery,
      headers.map { "\($0.name):\($0.value)\n" }.joined(), names, digest,
    ].joined(separator: "\n")
    let signature = signature(of: canonical, at: stamp, with: credentials)
    request.headers.set(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope(stamp)), "
        + "SignedHeaders=\(names), Signature=\(signature)")
    return request
  }

  private func digest(_ request: HTTPRequest, _ payload: Payload) -> String {
    switch payload {
    case .body: Digest.hex(Digest.sha256(request.body))
    case .sha256(let text): text
    case .unsigned: "UNSIGNED-PAYLOAD"
    }
  }

  /// Headers that proxies or libcurl may change stay out of the signature.
  private static let unsignedHeaders: Set<String> = [
    "authorization", "connection", "expect", "user-agent", "x-amzn-trace-id", "transfer-encoding",
  ]

  private func signedHeaders(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
    var values: [String: [String]] = [:]
    for field in headers.fields {
      let name = field.name.lowercased()
      if Self.unsignedHeaders.contains(name) { continue }
      values[name, default: []].append(Self.folded(field.value))
    }
    return values.map { ($0.key, $0.value.joined(separator: ",")) }
      .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// Without spaces at the ends, runs of them made one.
  private static func folded(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }

  private func scope(_ time: SigningTime) -> String {
    "\(time.day)/\(region)/\(service)/aws4_request"
  }

  private func signature(
    of canonical: String, at time: SigningTime, with credentials: SigningCredentials
  ) -> String {
    let digest = Digest.hex(Digest.sha256(Array(canonical.utf8)))
    let text = "AWS4-HMAC-SHA256\n\(time.text)\n\(scope(time))\n\(digest)"
    var key = Digest.hmac(Array("AWS4\(credentials.secretKey)".utf8), time.day)
    for part in [region, service, "aws4_request"] { key = Digest.hmac(key, part) }
    return Digest.hex(Digest.hmac(key, text))
  }
}
