internal import CCurl

/// Reads what libcurl noted about the certificates of a connection.
enum ServerCertificate {
  /// The server's own certificate; nil when there was none to see or its end could not be read.
  static func read(_ easy: UnsafeMutableRawPointer) -> HTTPReply.Certificate? {
    var info: UnsafeMutablePointer<curl_certinfo>?
    guard ccurl_get_certificates(easy, &info) == CURLE_OK, let info,
      info.pointee.num_of_certs > 0, let chain = info.pointee.certinfo
    else { return nil }
    var lines: [Substring: Substring] = [:]
    var next = chain[0]
    while let line = next {
      if let data = line.pointee.data {
        let text = String(cString: data)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { lines[parts[0]] = parts[1] }
      }
      next = line.pointee.next
    }
    guard let date = lines["Expire date"], let expires = CertificateDate.parse(date) else {
      return nil
    }
    return HTTPReply.Certificate(
      subject: String(lines["Subject"] ?? ""), issuer: String(lines["Issuer"] ?? ""),
      expires: expires)
  }
}
