/// What to do about a reply that may be a redirect; decides, and sends nothing.
enum HTTPRedirect {
  /// The reply is for the caller.
  case none
  case follow(HTTPRequest)
  case refuse(HTTPFailure.Reason)
}

extension HTTPRequest {
  /// Redirects to follow at most, whatever a request asks for.
  static let redirectsLimit = 50
  private static let redirectStatuses = [301, 302, 303, 307, 308]
  /// What every server may see.
  private static let harmlessHeaders = ["accept", "accept-language", "user-agent"]

  /// Says where the reply leads, `count` redirects having been followed before it.
  func redirect(by reply: HTTPReply, after count: Int) -> HTTPRedirect {
    guard redirectsMax > 0, method == "GET" || method == "HEAD",
      Self.redirectStatuses.contains(reply.status), let target = reply.redirect
    else { return .none }
    guard count < min(redirectsMax, Self.redirectsLimit) else {
      return .refuse(.tooManyRedirects(limit: redirectsMax))
    }
    var next = self
    next.url = target
    let old = Self.origin(url)
    let new = Self.origin(target)
    guard new.hasPrefix("https://") || new.hasPrefix("http://") && !old.hasPrefix("https://") else {
      return .refuse(.invalid("it is redirected from \(old) to \(new), which is less safe"))
    }
    if !old.utf8.elementsEqual(new.utf8) {
      let kept = headers.fields.filter { Self.harmlessHeaders.contains($0.name.lowercased()) }
      next.headers = HTTPHeaders(kept)
      next.body = []
    }
    next.limits.transfer = max(.milliseconds(1), limits.transfer - reply.timing.total)
    return .follow(next)
  }

  /// Scheme, host and port in small letters, without credentials.
  private static func origin(_ url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return "" }
    let authority = parts[2].prefix { $0 != "?" && $0 != "#" }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    return "\(parts[0])//\(host)".lowercased()
  }
}
