import Harness
import Resources
import Synchronization
import Testing
import Wire

@testable import AWS

/// What moto cannot show: answers as the API reference describes them, from a server of our own.
@Suite("Buckets of S3 in trouble", .waiting)
struct S3FaultTests {
  private static let script = #"""
    import hashlib
    content = bytes((i * 31 + (i >> 8)) & 255 for i in range(300000))
    tag = hashlib.md5(content).hexdigest()
    def once(name):
        with changed:
            shared[name] = shared.get(name, 0) + 1
            return shared[name]
    def error(self, status, code, headers=()):
        self.answer(status, list(headers) + [("Content-Type", "application/xml")],
                    "<Error><Code>%s</Code><Message>m</Message></Error>" % code)
    def handle(self, path, query):
        body = self.body()
        bucket, _, key = path.lstrip("/").partition("/")
        if path == "/counts": return self.answer(body=json.dumps(shared))
        if bucket == "denied": return error(self, 403, "AccessDenied")
        if bucket == "elsewhere":
            if "/eu-west-1/s3/" not in self.headers["Authorization"]:
                return error(self, 301, "PermanentRedirect", [("x-amz-bucket-region", "eu-west-1")])
            return self.answer(body="<ListBucketResult><IsTruncated>false</IsTruncated>"
                                    "</ListBucketResult>")
        if bucket == "taken":
            if self.command == "HEAD": return self.answer(403)
            return error(self, 409, "BucketAlreadyExists")
        if bucket == "cut":
            if once("cut") < 3:
                return self.answer(body="<ListBucketResult><Contents><Key>a</Key></Contents>")
            return self.answer(body="<ListBucketResult><IsTruncated>false</IsTruncated>"
                                    "</ListBucketResult>")
        if bucket == "hotel":  # a network's own page in the place of every answer
            once("hotel")
            return self.answer(body="<!DOCTYPE html><html><body>Sign in</body></html>")
        if bucket == "hangs" and self.command == "PUT":  # until the client has enough
            return self.rfile.read(1)
        words = self.path.partition("?")[2].replace("&", "=").split("=")
        if "delete" in words:
            n = once("delete")
            left = "<Error><Key>a&amp;b</Key><Code>%s</Code></Error>" % (
                "AccessDenied" if bucket == "shut" else "InternalError")
            return self.answer(body="<DeleteResult>%s</DeleteResult>" % left)
        if key.startswith("moved"):  # CopyObject takes no redirect along unless it is sent
            told = "/there" if key == "moved" else None
            if self.command == "HEAD":
                once("looks")
                return self.answer(200, [("ETag", '"e"')] + (
                    [("x-amz-website-redirect-location", told)] if told else []))
            sent = self.headers.get("x-amz-website-redirect-location")
            with changed: shared.setdefault("sent", []).append(sent)
            return self.answer(body="<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>"
                               "2026-01-02T03:04:05.000Z</LastModified></CopyObjectResult>")
        if self.headers.get("x-amz-copy-source"):
            n = once(key)
            if self.headers.get("x-amz-copy-source-if-match") != '"%s"' % tag:
                return error(self, 412, "PreconditionFailed")
            if key == "late" and n < 3:
                return self.answer(body="<?xml version='1.0'?>\n   <Error><Code>InternalError"
                                        "</Code><Message>m</Message></Error>")
            if key == "never":
                return self.answer(body="<Error><Code>AccessDenied</Code></Error>")
            return self.answer(body="<CopyObjectResult><ETag>&quot;%s&quot;</ETag><LastModified>"
                               "2026-01-02T03:04:05.000Z</LastModified></CopyObjectResult>" % tag)
        if "uploads" in words:
            if self.command == "GET":
                return self.answer(body="<ListMultipartUploadsResult><IsTruncated>false"
                                        "</IsTruncated></ListMultipartUploadsResult>")
            return self.answer(body="<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                                    "</InitiateMultipartUploadResult>")
        if "partNumber" in query and self.command == "PUT":
            return self.answer(headers=[("ETag", '"%s"' % hashlib.md5(body).hexdigest())])
        if "uploadId" in query:
            if self.command == "DELETE":
                once("aborted")
                return self.answer(204)
            # Carried out unheard: the answer is lost, and the second one knows no upload.
            if key == "unheard" and once("complete") == 1: return self.reset()
            return error(self, 404, "NoSuchUpload")
        if key == "unheard" and self.command == "HEAD":
            parts = [hashlib.md5(content[i:i + 100000]).digest() for i in (0, 100000, 200000)]
            whole = hashlib.md5(b"".join(parts)).hexdigest() + "-3"
            self.head(200, [("ETag", '"%s"' % whole), ("Content-Length", "300000"),
                            ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")])
            return
        if self.command == "GET":
            n = once(key)
            start = 0
            headers = [("ETag", '"%s"' % (tag if key != "wrong" else "0" * 32))]
            wanted = self.headers.get("Range")
            if key == "replaced" and wanted: return error(self, 412, "PreconditionFailed")
            if wanted:
                assert self.headers["If-Match"] == '"%s"' % tag
                start = int(wanted[6:-1])
                headers.append(("Content-Range", "bytes %d-299999/300000" % start))
            self.head(206 if wanted else 200,
                      headers + [("Content-Length", str(300000 - start))])
            if key == "wrong" or n > 3: return self.wfile.write(content[start:])
            self.wfile.write(content[start:start + 70000])
            self.wfile.flush()
            # So that the head was taken before the body breaks off.
            time.sleep(0.3)
            return self.reset() if key == "reset" else self.hang_up()
        self.answer(404)
    """#

  private func world<Answer>(
    _ body: (S3World) async throws -> Answer
  ) async throws -> Answer {
    try await ScriptedServer.run(Self.script) { server in
      try await body(S3World(try MotoServer.shared(), base: server.base))
    }
  }

  private func content(_ bucket: S3Bucket, _ key: String) async throws -> [UInt8] {
    try await S3World.content(bucket.read(ObjectKey(key)))
  }

  /// The tag of the server's object, as a read tells it.
  private func entry(_ bucket: S3Bucket, _ key: String) async throws -> ObjectEntry {
    let reader = try await bucket.read(ObjectKey("any"))
    let described = try #require(reader as? any DescribedReader)
    var entry = described.entry
    entry.key = ObjectKey(key)
    return entry
  }

  @Test("a body that breaks off is carried on where it ended", arguments: ["cut", "reset"])
  func resumes(key: String) async throws {
    try await world { world in
      let bucket = try world.bucket("s3://some-bucket")
      #expect(try await content(bucket, key) == S3World.bytes(300_000))
    }
  }

  @Test("an object that is replaced while it is read is refused, and so are damaged bytes")
  func refusesReplaced() async throws {
    try await world { world in
      let bucket = try world.bucket("s3://some-bucket")
      let replaced = await #expect(throws: Failure.self) {
        try await content(bucket, "replaced").count
      }
      #expect(replaced?.summary.contains("was changed while it was read") == true)
      let wrong = await #expect(throws: Failure.self) { try await content(bucket, "wrong").count }
      #expect(wrong?.summary.contains("not those that its entity tag says") == true)
    }
  }

  @Test("an error inside a good answer of a copy is an error, and tried again if it may pass")
  func seesLateErrors() async throws {
    try await world { world in
      let bucket = try world.bucket("s3://some-bucket")
      let stored = try await bucket.copy(try await entry(bucket, "late"), from: bucket)
      #expect(stored.modified == S3Time.listed("2026-01-02T03:04:05.000Z".utf8))
      let denied = await #expect(throws: Failure.self) {
        try await bucket.copy(try await entry(bucket, "never"), from: bucket)
      }
      #expect(denied?.kind == .refused)
      var stale = try await entry(bucket, "stale")
      stale.digest = "etag:ffffffffffffffffffffffffffffffff"
      let changed = await #expect(throws: Failure.self) {
        try await bucket.copy(stale, from: bucket)
      }
      #expect(changed?.isTransient == true)
    }
  }

  @Test("denied is not absent, and another account's bucket is not ours")
  func tellsDeniedFromAbsent() async throws {
    try await world { world in
      let denied = await #expect(throws: Failure.self) {
        try await world.bucket("s3://denied").description()
      }
      #expect(denied?.kind == .refused)
      await #expect(throws: Failure.self) {
        try await world.bucket("s3://denied").entry(ObjectKey("x"))
      }
      let taken = await #expect(throws: Failure.self) {
        try await world.bucket("s3://taken").create()
      }
      #expect(taken?.kind == .refused)
      #expect(taken?.summary.contains("another account") == true)
    }
  }

  @Test("a bucket in another region is followed there")
  func followsRegion() async throws {
    try await world { world in
      let bucket = try world.bucket("s3://elsewhere")
      #expect(try await bucket.page(after: nil, limit: 10).elements.isEmpty)
      #expect(try bucket.client.region == "eu-west-1")
    }
  }

  @Test("the page of a proxy is no empty bucket, no empty history and no bucket without versions")
  func refusesPages() async throws {
    try await world { world in
      let bucket = try world.bucket("s3://hotel")
      for look: @Sendable () async throws -> Void in [
        { _ = try await bucket.page(after: nil, limit: 10) },
        { _ = try await bucket.versionPage(after: nil) }, { _ = try await bucket.emptyPage() },
        { _ = try await bucket.countVersions(atMost: 1) }, { _ = try await bucket.versioning() },
      ] {
        let failure = await #expect(throws: Failure.self) { try await look() }
        #expect(failure?.isTransient == true)
        #expect(failure?.summary.contains("cannot be believed") == true)
      }
    }
  }

  @Test("a cut listing is not believed but asked for again")
  func refusesCutListing() async throws {
    try await world { world in
      let page = try await world.bucket("s3://cut").page(after: nil, limit: 10)
      #expect(page.elements.isEmpty)
      let told = try await world.session.http.send(
        HTTPRequest(
          "GET",
          world.session.settings.environment["AWS_ENDPOINT_URL", default: ""]
            + "/counts"))
      #expect(told.text.contains("\"cut\": 3"))
    }
  }

  @Test("what could not be deleted just now comes back, and a refusal is told")
  func returnsUndeleted() async throws {
    try await world { world in
      let left = try await world.bucket("s3://busy").delete(["a&b", "c"].map { ObjectKey($0) })
      #expect(left == [ObjectKey("a&b")])
      let refused = await #expect(throws: Failure.self) {
        try await world.bucket("s3://shut").delete([ObjectKey("a&b")])
      }
      #expect(refused?.kind == .refused)
    }
  }

  @Test("an object that is stored whole has the time of an upload, as its parts would have")
  func slowUploads() async throws {
    #expect(S3Limits.standard.uploading.transfer >= .seconds(1800))
    #expect(S3Limits.standard.uploading.stall <= .seconds(60))
    try await ScriptedServer.run(Self.script) { server in
      let world = try S3World(MotoServer.shared(), base: server.base, clock: HastyClock())
      var limits = S3Limits.standard
      limits.partBytes = 1000
      limits.uploading.transfer = .milliseconds(20)
      let bucket = try world.bucket("s3://hangs", limits: limits)
      for size in [1000, 2000] {
        let failure = await #expect(throws: Failure.self) {
          try await world.put("slow", S3World.bytes(size), in: bucket)
        }
        #expect(failure?.isTransient == true)
        #expect(failure?.summary.contains("timed out") == true)
      }
    }
  }

  @Test("an error about a key that was not sent is not passed over")
  func foreignErrors() async throws {
    try await world { world in
      for key in ["a&b ", "other"] {
        let failure = await #expect(throws: Failure.self) {
          try await world.bucket("s3://strange").delete([ObjectKey(key)])
        }
        #expect(failure?.isTransient == true)
        #expect(failure?.summary.contains("'a&b', which was not to be deleted") == true)
      }
      let versions = ["v1", "v2"].map { S3Deletion.Item(key: Array("a&b".utf8), versionID: $0) }
      let left = try await S3Deletion(world.bucket("s3://busy").client).delete(versions)
      #expect(left == versions)
    }
  }

  @Test("an empty object's redirect is sent along with its copy, and nobody asks for others'")
  func carriesRedirects() async throws {
    try await world { world in
      let bucket = try world.bucket("s3://some-bucket")
      for (key, size) in [("moved", 0), ("moved-not", 0), ("moved", 5)] {
        _ = try await bucket.copy(S3World.entry(key, size), from: bucket)
      }
      let base = world.session.settings.environment["AWS_ENDPOINT_URL", default: ""]
      let told = try await world.session.http.send(HTTPRequest("GET", base + "/counts"))
      #expect(told.text.contains(#""sent": ["/there", null, null]"#), "\(told.text)")
      #expect(told.text.contains(#""looks": 2"#), "\(told.text)")
    }
  }

  @Test("a completed upload whose answer was lost is found, not begun anew")
  func findsCompletedUpload() async throws {
    try await world { world in
      var limits = S3Limits.standard
      limits.partBytes = 100_000
      let bucket = try world.bucket("s3://some-bucket", limits: limits)
      let stored = try await world.put("unheard", S3World.bytes(300_000), in: bucket)
      #expect(stored.digest?.hasSuffix("-3") == true)
      await #expect(throws: Failure.self) {
        try await world.put("lost", S3World.bytes(300_000), in: bucket)
      }
    }
  }
}
