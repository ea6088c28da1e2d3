/// The proxies that the environment asks for, read once.
///
/// As every HTTP tool does: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, small letters
/// before capitals. `HTTP_PROXY` in capitals is not read, because a CGI server sets it from a
/// header that any client may send.
package struct HTTPProxies: Sendable, Equatable {
  private let http: String
  private let https: String
  /// Hosts to reach directly, in libcurl's own notation: separated by commas, `*` for all.
  let exceptions: String

  package init(environment: [String: String]) {
    func value(_ names: String...) -> String {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    }
    let all = value("all_proxy", "ALL_PROXY")
    let http = value("http_proxy")
    let https = value("https_proxy", "HTTPS_PROXY")
    self.http = http.isEmpty ? all : http
    self.https = https.isEmpty ? all : https
    self.exceptions = value("no_proxy", "NO_PROXY")
  }

  /// Never a proxy.
  package static let none = HTTPProxies(environment: [:])

  /// The proxy for a URL; empty for a direct connection.
  func proxy(for url: String) -> String {
    url.utf8.prefix(6).elementsEqual("https:".utf8) ? https : http
  }
}
