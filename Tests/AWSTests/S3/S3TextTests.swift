import Harness
import Resources
import Testing

@testable import AWS

@Suite("The notations of S3", .waiting)
struct S3TextTests {
  @Test("keys become paths and come back from a listing")
  func escapes() {
    let key = Array("a b+c/ü//..%".utf8)
    let path = S3Text.escapedPath(key)
    #expect(path == "a%20b%2Bc/%C3%BC//..%25")
    #expect(S3Text.unescaped(path.utf8) == key)
    #expect(S3Text.unescaped("a+b".utf8) == Array("a b".utf8))
    #expect(S3Text.unescaped("a%2".utf8) == nil)
  }

  @Test("metadata beyond ASCII is written by RFC 2047 and read in both of its forms")
  func encodesWords() {
    for text in ["plain", "ü \"x\"", " spaced ", "", "a  b", "=?x?="] {
      #expect(S3Text.text(ofHeader: S3Text.headerValue(text)) == text)
    }
    #expect(S3Text.text(ofHeader: "=?UTF-8?Q?gr=C3=BCn_x?=") == "grün x")
    #expect(S3Text.text(ofHeader: "a =?UTF-8?B?w7w=?= =?UTF-8?B?w7w=?=") == "a üü")
    #expect(S3Text.text(ofHeader: "=?latin1?Q?x?=") == "=?latin1?Q?x?=")
  }

  @Test("times of listings and of headers are read to the millisecond")
  func readsTimes() {
    let moment = Timestamp(milliseconds: 1_795_230_245_678)
    #expect(S3Time.listed("2026-11-21T03:04:05.678Z".utf8) == moment)
    #expect(
      S3Time.header("Sat, 21 Nov 2026 03:04:05 GMT")
        == Timestamp(milliseconds: 1_795_230_245_000))
    #expect(S3Time.listed("yesterday".utf8) == nil)
    #expect(S3Time.header("Sat, 21 Foo 2026 03:04:05 GMT") == nil)
  }

  @Test("a listing is read field by field, and only whole")
  func readsListing() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
      <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
      <Contents><Key>a%2Bb+c</Key><LastModified>2026-11-21T03:04:05.000Z</LastModified>
      <ETag>&quot;0123&quot;</ETag><Size>42</Size><Owner><ID>Key</ID></Owner>
      <StorageClass>GLACIER</StorageClass></Contents>
      <Contents><Key>d</Key><Size>0</Size><Owner/></Contents>
      <CommonPrefixes><Prefix>x%2F</Prefix></CommonPrefixes></ListBucketResult>
      """
    let listing = try #require(S3Listing(reading: Array(text.utf8), of: .objects))
    #expect(listing.records.map(\.key) == [Array("a+b c".utf8), Array("d".utf8)])
    #expect(listing.records[0].size == 42 && listing.records[0].entityTag == "0123")
    #expect(listing.records[0].storageClass == "GLACIER")
    #expect(listing.isTruncated && listing.prefixes == [Array("x/".utf8)])
    #expect(S3Listing(reading: Array(text.utf8.dropLast(30)), of: .objects) == nil)
    #expect(S3Listing(reading: Array(text.utf8), of: .versions) == nil)
  }

  @Test(
    "what is not the listing that was asked for, or does not say whether more follows, is none",
    arguments: [
      "<html><body>Sign in</body></html>", "<ListBucketResult/>", "<ListVersionsResult/>",
      "<ListBucketResult><IsTruncated></IsTruncated></ListBucketResult>",
      "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
      "<ListBucketResult><Contents><IsTruncated>false</IsTruncated></Contents></ListBucketResult>",
      "<Error><Code>SlowDown</Code></Error>",
    ])
  func refusesOthers(text: String) {
    for kind in [S3Listing.Kind.objects, .versions, .uploads] {
      #expect(S3Listing(reading: Array(text.utf8), of: kind) == nil)
    }
    let whole = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    #expect(S3Listing(reading: Array(whole.utf8), of: .objects)?.records.isEmpty == true)
  }

  @Test("what cannot be a bucket's name is refused before anything is asked")
  func refusesNames() throws {
    for text in ["s3://", "s3://a", "s3://with%20space", "s3://b?encryption=rot13"] {
      #expect(throws: Failure.self) { try S3Location(ResourceURL(text)) }
    }
    #expect(try !S3Location(ResourceURL("s3://a.b.c")).isHostName)
    #expect(try S3Location(ResourceURL("s3://bucket/a/b")).prefix == Array("a/b/".utf8))
  }
}
