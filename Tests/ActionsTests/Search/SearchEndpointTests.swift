import Harness
import Resources
import Testing

@testable import Actions

/// The addresses of search domains.
@Suite("Endpoints of search domains", .waiting)
struct SearchEndpointTests {
  @Test("a host name tells its region and domain, whichever kind it is")
  func hosts() throws {
    let usual = try SearchEndpoint(
      "search-efcms-search-exp1-alpha-abc123.us-east-1.es.amazonaws.com", of: "s")
    #expect(
      usual.url == "https://search-efcms-search-exp1-alpha-abc123.us-east-1.es.amazonaws.com")
    #expect(usual.region == "us-east-1" && usual.domain == "efcms-search-exp1-alpha")
    let newer = try SearchEndpoint("https://vpc-d-x.aos.eu-west-1.on.aws/", of: "s")
    #expect(newer.region == "eu-west-1" && newer.domain == "d")
    #expect(newer.url == "https://vpc-d-x.aos.eu-west-1.on.aws")
    let own = try SearchEndpoint("search.example.test", of: "s")
    #expect(own.region == nil && own.domain == nil)
    #expect(
      try SearchEndpoint("http://127.0.0.1:9200/@d", of: "s").url == "http://127.0.0.1:9200/@d")
  }

  @Test(
    "plain HTTP to another machine, credentials and other schemes are refused",
    arguments: [
      "http://search.example.test", "http://127.example.test.evil@10.0.0.1", "ftp://x", "https://",
      "https://user:word@search.example.test", "http://localhost.evil.test",
    ])
  func refuses(text: String) {
    #expect(throws: Failure.self) { try SearchEndpoint(text, of: "s") }
  }

  @Test("the rights name the domain and the methods")
  func rights() throws {
    let endpoint = try SearchEndpoint("search-d-x.us-west-1.es.amazonaws.com", of: "s")
    let uses = endpoint.uses(["Get"], CloudAccount())
    #expect(uses.map(\.operation) == ["ESHttpGet"])
    #expect(uses.map(\.resource) == ["arn:aws:es:us-west-1:*:domain/d/*"])
  }
}
