import Digests
import Foundation
import Harness
import Testing

@testable import Wire

/// Every signature here is compared with that of botocore's own signers, or with the published one.
@Suite("Signatures of AWS", .waiting)
struct SignatureTests {
  private struct Sample: Decodable {
    let kind: String
    let method: String
    let url: String
    let headers: [[String]]
    let body: String
    let region: String
    let service: String
    let access: String
    let secret: String
    let token: String?
    let time: Int64
    let expires: Int
    let signed: String

    var credentials: SigningCredentials {
      SigningCredentials(accessKey: access, secretKey: secret, sessionToken: token)
    }

    var request: HTTPRequest {
      HTTPRequest(
        method, url, headers: HTTPHeaders(headers.map { .init($0[0], $0[1]) }),
        body: Base64.decode(body) ?? [])
    }
  }

  private static let script = #"""
    import base64, datetime, json, random, sys
    from urllib.parse import quote
    import botocore.auth as auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    rng = random.Random(int(sys.argv[1]))
    moment = None
    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls): return moment
        @classmethod
        def now(cls, tz=None): return moment
    if hasattr(auth, "get_current_datetime"):
        auth.get_current_datetime = lambda *a, **k: moment
    else:
        auth.datetime.datetime = Frozen

    letters = "abcXYZ019-_.~ /+&=%?:;@!$'()*,\u00e9\u65e5\U0001f600\""
    def text(most): return "".join(rng.choice(letters) for _ in range(rng.randint(0, most)))
    def segment():
        return rng.choice([quote(text(6), safe=""), quote(text(6), safe="!$'()*,:;@"),
                           ".", "..", "", "a", "b.c", "%2F", "a%20b"])
    def path():
        return "/" + "/".join(segment() for _ in range(rng.randint(0, 6)))
    names = ["X-Amz-Meta-A", "x-amz-meta-b", "Content-Type", "X-Amz-Target", "Range", "User-Agent",
             "Expect", "If-Match", "x-amz-acl", "X-Amzn-Trace-Id", "ZZ", "a-b", "Content-MD5"]
    def value():
        return rng.choice(["", " spaced   inside  ", "plain", 'quoted "a  b"', "a,b , c",
                           "tab\there"])
    def headers(duplicates):
        chosen = [(rng.choice(names), value()) for _ in range(rng.randint(0, 6))]
        if duplicates: return chosen
        return list({k.lower(): (k, v) for k, v in chosen}.values())
    def query(unique):
        pairs = []
        for _ in range(rng.randint(0, 5)):
            name = quote(text(4) or "k", safe="")
            pairs.append(name + rng.choice(["", "=", "=" + quote(text(5), safe="")]))
            if rng.random() < 0.2 and not unique: pairs.append(name + "=" + quote(text(2), safe=""))
        return "&".join(pairs)
    def plain_query():  # as the presigner writes it itself
        return "&".join("k%d=%s" % (i, quote(text(5) or "v", safe="-._~"))
                        for i in range(rng.randint(0, 4)))

    for _ in range(int(sys.argv[2])):
        kind = rng.choice(["header", "s3", "query", "s3query", "s3unsigned"])
        presigns = kind.endswith("query")
        service = "s3" if kind.startswith("s3") else rng.choice(["dynamodb", "lambda", "es", "sts"])
        scheme = rng.choice(["http", "https"])
        port = rng.choice(["", "", ":80", ":443", ":8443"])
        host = rng.choice(["Service.us-east-1.amazonaws.com", "localhost", "127.0.0.1"])
        q = plain_query() if presigns else query(False)
        url = f"{scheme}://{host}{port}{path()}" + ("?" + q if q else "")
        seconds = rng.randint(1_300_000_000, 2_500_000_000)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        token = rng.choice([None, "token/with+special=" * 3])
        access, secret = "AKID%d" % rng.randint(0, 3), rng.choice(["secret", "s/e+c=ret" * 12])
        region = rng.choice(["us-east-1", "cn-north-1"])
        body = bytes(rng.randrange(256) for _ in range(rng.choice([0, 0, 1, 100])))
        method = rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
        fields = headers(duplicates=True)
        # botocore takes this header out of a URL that it signs.
        request = AWSRequest(method=method, url=url, data=None if presigns else body)
        for name, content in fields: request.headers[name] = content
        keys = Credentials(access, secret, token)
        expires = rng.randint(1, 604800)
        if kind == "s3unsigned":
            request.context["payload_signing_enabled"] = False
            signer = auth.S3SigV4Auth(keys, service, region)
            signer.payload = lambda request: "UNSIGNED-PAYLOAD"
        elif kind == "header": signer = auth.SigV4Auth(keys, service, region)
        elif kind == "s3": signer = auth.S3SigV4Auth(keys, service, region)
        elif kind == "query": signer = auth.SigV4QueryAuth(keys, service, region, expires=expires)
        else: signer = auth.S3SigV4QueryAuth(keys, service, region, expires=expires)
        signer.add_auth(request)
        print(json.dumps({
            "kind": kind, "method": method, "url": url, "headers": fields,
            "body": base64.b64encode(b"" if presigns else body).decode(), "region": region,
            "service": service, "access": access, "secret": secret, "token": token,
            "time": seconds, "expires": expires,
            "signed": request.url if presigns else request.headers["Authorization"]}))
    """#

  @Test("five thousand requests are signed as botocore signs them", arguments: [1, 2])
  func matchesBotocore(seed: Int) throws {
    let output = try Tool.run(["python3", "-c", Self.script, "\(seed)", "2500"])
    #expect(output.status == 0, "\(output.errorText)")
    let keys = SigningKeys()
    var counts: [String: Int] = [:]
    for line in output.text.split(separator: "\n") {
      let sample = try JSONDecoder().decode(Sample.self, from: Data(line.utf8))
      let signer = SignatureV4(region: sample.region, service: sample.service, keys: keys)
      counts[sample.kind, default: 0] += 1
      if sample.kind.hasSuffix("query") {
        let url = signer.presign(
          sample.request, with: sample.credentials, at: sample.time, expirySeconds: sample.expires)
        #expect(Self.parts(url) == Self.parts(sample.signed), "\(line)")
      } else {
        let signed = signer.sign(
          sample.request, with: sample.credentials, at: sample.time,
          payload: sample.kind == "s3unsigned" ? .unsigned : .body)
        #expect(signed.headers.first("Authorization") == sample.signed, "\(line)")
      }
    }
    #expect(counts.values.allSatisfy { $0 > 300 } && counts.count == 5)
  }

  /// What must agree in two URLs, whatever the order of their parameters.
  private static func parts(_ url: String) -> [String] {
    let halves = url.split(separator: "?", maxSplits: 1)
    return [String(halves[0])] + halves[1].split(separator: "&").map(String.init).sorted()
  }

  /// The example of the S3 API reference: "Transferring payload in multiple chunks".
  @Test("chunks are signed as S3's reference shows, and their length is known beforehand")
  func signsChunks() async throws {
    let keys = SigningCredentials(
      accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    let upload = ChunkedUpload(nil, isSigned: true)
    let body = [UInt8](repeating: UInt8(ascii: "a"), count: 66_560)
    var headers: HTTPHeaders = [
      "x-amz-storage-class": "REDUCED_REDUNDANCY", "Content-Length": "66824",
    ]
    upload.announce(byteCount: body.count, in: &headers)
    let (request, chunks) = SignatureV4(region: "us-east-1", service: "s3").signed(
      HTTPRequest(
        "PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt", headers: headers),
      with: keys, at: 1_369_353_600, payload: .chunked(upload))
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    #expect(request.headers.first("Authorization")?.hasSuffix("Signature=\(seed)") == true)
    let encoded = upload.encode(
      HTTPBodySource([Array(body[..<100]), Array(body[100...])]), byteCount: body.count,
      signature: chunks)
    #expect(encoded.byteCount == 66_824)
    let bytes = try await Self.whole(encoded)
    #expect(bytes.count == 66_824)
    let first =
      "10000;chunk-signature="
      + "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
    let second =
      "\r\n400;chunk-signature="
      + "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
    let last =
      "\r\n0;chunk-signature="
      + "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    #expect(bytes.starts(with: first.utf8))
    #expect(bytes[(first.utf8.count + 65_536)...].starts(with: second.utf8))
    #expect(bytes.suffix(last.utf8.count).elementsEqual(last.utf8))
  }

  @Test(
    "a checksum follows the body, and the length told is the length sent",
    arguments: [0, 1, 65_535, 65_536, 65_537, 200_000], [true, false])
  func trailsChecksums(count: Int, isSigned: Bool) async throws {
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let keys = SigningCredentials(accessKey: "a", secretKey: "b")
    let sums: [(ChunkedUpload.Checksum, String)] = [
      (.crc32, CRC.header(CRC.iso32(body))), (.crc32c, CRC.header(CRC.castagnoli32(body))),
      (.crc64nvme, CRC.header(CRC.nvme64(body))),
    ]
    for (checksum, value) in sums {
      let upload = ChunkedUpload(checksum, isSigned: isSigned)
      let signed = SignatureV4(region: "us-east-1", service: "s3").signed(
        HTTPRequest("PUT", "https://s3.amazonaws.com/a/b"), with: keys, at: 0,
        payload: .chunked(upload))
      let encoded = upload.encode(
        HTTPBodySource([body]), byteCount: count, signature: signed.chunks)
      let bytes = try await Self.whole(encoded)
      #expect(bytes.count == encoded.byteCount)
      let trailer = Array("\r\n\(checksum.header):\(value)\r\n".utf8)
      #expect(
        String(decoding: bytes.suffix(200), as: UTF8.self).contains(
          String(decoding: trailer, as: UTF8.self)))
    }
  }

  private static func whole(_ source: HTTPBodySource) async throws -> [UInt8] {
    let next = try await source.open()
    var bytes: [UInt8] = []
    while let piece = try await next() { bytes += piece }
    return bytes
  }
}
